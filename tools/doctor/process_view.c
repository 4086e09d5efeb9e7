/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground/path.h"
#include "loader/frameworks.h"
#include "loader/symbols.h"
#include "process.h"

enum { ENVIRONMENT_MAX = 1 << 20 };

/* A whole file of /proc/PID, with a 0 behind it; NULL: it cannot be read. */
static char *read_file(const struct process_view *view, const char *name, size_t *size)
{
	char path[64], *text = malloc(ENVIRONMENT_MAX + 1);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)view->pid, name);
	file = text ? fopen(path, "re") : NULL;
	*size = file ? fread(text, 1, ENVIRONMENT_MAX, file) : 0;
	if (!file || ferror(file)) {
		free(text);
		text = NULL;
	} else {
		text[*size] = 0;
	}
	if (file)
		fclose(file);
	return text;
}

static void read_command(struct process_view *view)
{
	size_t size;
	char *text = read_file(view, "cmdline", &size);

	for (size_t i = 0; text && i + 1 < size; i++)
		if (!text[i])
			text[i] = ' ';
	if (text && *text)
		snprintf(view->command, sizeof(view->command), "%s", text);
	free(text);
}

/* proc(5): number, (name), state, parent, group, session, terminal, its group, flags, ... threads.
 */
static void read_state(struct process_view *view)
{
	enum { OF_KERNEL = 0x00200000 }; /* PF_KTHREAD */
	unsigned flags = 0;
	size_t size;
	char *text = read_file(view, "stat", &size), *name = text ? strchr(text, '(') : NULL,
	     *end = text ? strrchr(text, ')') : NULL;

	snprintf(view->command, sizeof(view->command), "?");
	if (name && end &&
		sscanf(end + 1,
			" %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d "
			"%*d %*d %*d %ld",
			&view->state, &flags, &view->threads) >= 2) {
		view->of_kernel = flags & OF_KERNEL;
		snprintf(view->command, sizeof(view->command), "[%.*s]", (int)(end - name - 1),
			name + 1);
	}
	free(text);
}

static bool is_nvidias(const char *name)
{
	return strstr(name, ".so") && (!strncmp(name, "libcu", 5) || !strncmp(name, "libnv", 5) ||
					      !strncmp(name, "libnccl", 7));
}

static void add_mapped(struct process_view *view, const char *path)
{
	for (unsigned i = 0; i < view->n_mapped; i++)
		if (!strcmp(view->mapped[i], path))
			return;
	if (view->n_mapped < MAPPED_MAX)
		snprintf(view->mapped[view->n_mapped++], PATH_MAX, "%s", path);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), n = strlen(end);

	return length >= n && !strcmp(text + length - n, end);
}

static const char deleted[] = " (deleted)";

static void note_framework(struct process_view *view, const char *path)
{
	size_t length = strlen(path);

	view->framework_gone = ends_with(path, deleted);
	if (view->framework_gone)
		length -= sizeof(deleted) - 1;
	snprintf(view->framework, sizeof(view->framework), "%.*s", (int)length, path);
}

/* A library is what runs: others read the file, too, or have made one of that name. */
static void note_library(struct process_view *view, const char *path)
{
	const char *name = path_file(path);

	if (!strncmp(name, "libcuda.so", 10))
		snprintf(view->driver, sizeof(view->driver), "%s", path);
	else if (!strncmp(name, "libgpuspy.so", 12))
		view->watched = true;
	else if (framework_name(path) && !*view->framework)
		note_framework(view, path);
	else if (is_nvidias(name))
		add_mapped(view, path);
}

static void note_mapping(struct process_view *view, const char *rights, const char *path)
{
	if (!strncmp(path, "/dev/nvidia", 11) || !strcmp(path, "/dev/dxg"))
		view->device_files++;
	else if (rights[2] == 'x' && strncmp(path, "/memfd:", 7) != 0)
		note_library(view, path);
	else if (!strncmp(rights, "rw-s", 4) && ends_with(path_file(path), ".seg"))
		snprintf(view->segment, sizeof(view->segment), "%s", path);
}

/* proc(5): address, rights, offset, device, inode, path. One without a file has no path, or
 * "[...]".
 */
static void read_maps(struct process_view *view)
{
	char name[64], rights[5], last[64] = "", *line = NULL;
	size_t room = 0;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)view->pid);
	maps = fopen(name, "re");
	view->readable = maps != NULL;
	while (maps && getline(&line, &room, maps) > 0) {
		int at = 0;

		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%*s %4s %*s %*s %*s %n", rights, &at) != 1 || !at ||
			line[at] != '/')
			continue;
		/* A device file is mapped many times. */
		if (strncmp(line + at, "/dev/", 5) || strcmp(line + at, last))
			note_mapping(view, rights, line + at);
		snprintf(last, sizeof(last), "%s", line + at);
	}
	view->readable &= !maps || !ferror(maps);
	free(line);
	if (maps)
		fclose(maps);
}

static void read_files(struct process_view *view)
{
	char path[64], link[PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)view->pid);
	folder = opendir(path);
	view->readable &= folder != NULL;
	while (folder && (entry = readdir(folder))) {
		ssize_t n = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);

		link[n > 0 ? n : 0] = 0;
		if (!strncmp(link, "/dev/nvidia", 11) || !strcmp(link, "/dev/dxg"))
			view->device_files++;
	}
	if (folder)
		closedir(folder);
}

/* The simulated driver says what it is by a symbol. */
static void look_at_driver(struct process_view *view)
{
	struct loader_symbols symbols;
	char path[PATH_MAX];

	if (!*view->driver ||
		snprintf(path, sizeof(path), "%s%s", view->root, view->driver) >= PATH_MAX)
		return;
	loader_symbols_open(&symbols, path);
	view->simulated = loader_symbols_define(&symbols, "gpuspy_simulated_driver", NULL);
	loader_symbols_close(&symbols);
}

int process_look(struct process_view *view, pid_t pid)
{
	memset(view, 0, sizeof(*view));
	view->pid = pid;
	snprintf(view->root, sizeof(view->root), "/proc/%d/root", (int)pid);
	view->root[strlen(view->root) - strlen("/root")] = 0;
	if (access(view->root, F_OK))
		return -1;
	strcat(view->root, "/root");
	read_maps(view);
	read_files(view);
	view->environment = read_file(view, "environ", &view->environment_size);
	look_at_driver(view);
	/* Last: it may have ended meanwhile, and then the rest means nothing. */
	read_state(view);
	read_command(view);
	if (view->state)
		return 0;
	process_forget(view);
	return -1;
}

void process_forget(struct process_view *view)
{
	free(view->environment);
	view->environment = NULL;
}

const char *process_variable(const struct process_view *view, const char *name)
{
	const char *at = view->environment;
	const char *end = at ? at + view->environment_size : NULL;
	size_t length = strlen(name);

	for (; at && at < end; at += strlen(at) + 1)
		if (!strncmp(at, name, length) && at[length] == '=')
			return at + length + 1;
	return NULL;
}
