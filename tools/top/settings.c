/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../replace.h"
#include "../say.h"
#include "options.h"
#include "segment/paths.h"

enum { FILE_MAX = 16384 };

static const char folder[] = "gpuspy", file[] = "top";

const struct settings_switch settings_switches[SETTINGS_SWITCHES] = {
	{ "tree", "tree of sessions and processes (t)", offsetof(struct view, tree) },
	{ "ended", "ended processes (e)", offsetof(struct view, show_ended) },
	{ "full-command", "commands as they were started (c)",
		offsetof(struct view, full_command) },
	{ "detail", "detail under the table if it is wide", offsetof(struct view, side_detail) },
	{ "follow", "the selection follows its process (F)", offsetof(struct view, follow) },
	{ "invert", "sort the other way round (I)", offsetof(struct view, inverted) },
	{ "color", "colours", offsetof(struct view, color) },
	{ "mouse", "the mouse (from the next start on)", offsetof(struct view, mouse) },
};

bool *settings_at(struct view *view, int index)
{
	return (bool *)((char *)view + settings_switches[index].offset);
}

const char *settings_path(void)
{
	static char path[PATHS_MAX];
	const char *base = getenv("XDG_CONFIG_HOME"), *between = "";
	int length;

	if (!base || *base != '/') {
		base = getenv("HOME");
		between = "/.config";
	}
	if (!base || *base != '/')
		return NULL;
	length = snprintf(path, sizeof(path), "%s%s/%s/%s", base, between, folder, file);
	return length > 0 && length < PATHS_MAX ? path : NULL;
}

/* ---- Reading. */

static char *strip(char *text)
{
	char *end;

	text += strspn(text, " \t\r");
	for (end = text + strlen(text); end > text && strchr(" \t\r", end[-1]);)
		end--;
	*end = 0;
	return text;
}

static bool set_switch(struct view *view, const char *name, const char *value)
{
	bool on = !strcmp(value, "yes");

	if (!on && strcmp(value, "no") != 0)
		return false;
	for (int i = 0; i < SETTINGS_SWITCHES; i++) {
		if (strcmp(name, settings_switches[i].name) != 0)
			continue;
		*settings_at(view, i) = on;
		return true;
	}
	return false;
}

/* NAME = VALUE; false: it is none. */
static bool set_line(struct view *view, char *line)
{
	char *value = strchr(line, '=');
	enum column column;

	if (!value)
		return false;
	*value++ = 0;
	line = strip(line);
	value = strip(value);
	if (!strcmp(line, "delay"))
		return options_read_delay(value, &view->delay);
	if (strcmp(line, "sort") != 0)
		return set_switch(view, line, value);
	column = columns_find(value);
	if (column == COLUMNS_MAX)
		return false;
	view->sort = column;
	return true;
}

static void read_lines(struct view *view, char *text, const char *path)
{
	char *rest = text, *line, whole[128];
	unsigned number = 0;

	while ((line = strsep(&rest, "\n"))) {
		char shown[512];
		struct text escaped = text_in(shown, sizeof(shown));

		number++;
		line = strip(line);
		snprintf(whole, sizeof(whole), "%s", line);
		if (!*line || *line == '#' || set_line(view, line))
			continue;
		text_put_escaped(&escaped, whole, 60);
		say("gpuspy-top: %s, line %u ignored: %s", path, number, shown);
		view_say(view, "line %u of the settings file is ignored: %s", number, shown);
	}
}

void settings_read(struct view *view, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[FILE_MAX];
	struct stat st;
	ssize_t length;

	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			say("gpuspy-top: %s: %s", path, strerror(errno));
		return;
	}
	length = fstat(fd, &st) || !S_ISREG(st.st_mode) ? -1 : read(fd, text, sizeof(text));
	close(fd);
	if (length < 0 || length == FILE_MAX || memchr(text, 0, (size_t)length)) {
		say("gpuspy-top: %s is no file of settings: ignored", path);
		return;
	}
	text[length] = 0;
	read_lines(view, text, path);
}

/* ---- Writing. */

/* The folders that the file lies in, as far as they are missing: the last two. */
static void make_folders(const char *path)
{
	char part[PATHS_MAX];
	char *last, *before;

	snprintf(part, sizeof(part), "%s", path);
	last = strrchr(part, '/');
	*last = 0;
	before = strrchr(part, '/');
	if (before && before > part) {
		*before = 0;
		mkdir(part, 0700);
		*before = '/';
	}
	mkdir(part, 0700);
}

static void put_settings(const struct view *view, FILE *to)
{
	fprintf(to, "# Settings of gpuspy-top(1), written by F2 Setup.\n");
	fprintf(to, "delay = %g\nsort = %s\n", view->delay, column_kinds[view->sort].name);
	for (int i = 0; i < SETTINGS_SWITCHES; i++)
		fprintf(to, "%s = %s\n", settings_switches[i].name,
			*(const bool *)((const char *)view + settings_switches[i].offset) ? "yes"
											  : "no");
}

int settings_write(const struct view *view, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int status = -1, error;

	make_folders(path);
	if (to) {
		put_settings(view, to);
		if (!fclose(to))
			status = replace_file(path, 0600, text, size);
	}
	error = errno;
	free(text);
	errno = error;
	return status;
}
