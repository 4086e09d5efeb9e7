/* SPDX-License-Identifier: MIT */
#include "drivers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/path.h"
#include "../ground/arena.h"
#include "search.h"

struct quest {
	struct loader_other_driver *other;
	struct stat loaded;
};

static bool is_other(const char *path, enum loader_way way, void *data)
{
	struct quest *quest = data;
	struct stat status;

	(void)way;
	if (stat(path, &status) ||
		(status.st_dev == quest->loaded.st_dev && status.st_ino == quest->loaded.st_ino))
		return true;
	snprintf(quest->other->path, PATH_MAX, "%s", path);
	return false;
}

/* Where drivers lie that ld.so.cache need not know: WSL, containers, NixOS. */
static void look_in_places(struct quest *quest, const char *root)
{
	static const char places[][28] = { "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64",
		"/.singularity.d/libs", "/run/opengl-driver/lib" };
	char path[512];

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (snprintf(path, sizeof(path), "%s%s/libcuda.so.1", root, places[i]) <
				(int)sizeof(path) &&
			!is_other(path, WAY_NONE, quest))
			return;
}

/* Is the folder one of a list's? */
static bool lists(const char *list, const char *folder, size_t length)
{
	while (list && *list) {
		size_t n = strcspn(list, ":"), own = n;

		while (own > 1 && list[own - 1] == '/')
			own--;
		if (own == length && !memcmp(list, folder, length))
			return true;
		list += n + (list[n] != 0);
	}
	return false;
}

/* A script of assignments of a few lines: it is enough that it names the folder. */
static bool script_names(const char *folder, size_t length)
{
	const char *home = getenv("R_HOME");
	char path[512], text[4096];
	ssize_t n;
	int fd;

	if (!home || snprintf(path, sizeof(path), "%s/etc/ldpaths", home) >= (int)sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(text, (size_t)n, folder, length);
}

const char *loader_who_put_first(const char *library_path, const char *path)
{
	size_t length = (size_t)(path_file(path) - path);

	length -= length > 1;
	if (lists(getenv("R_LD_LIBRARY_PATH"), path, length))
		return "R_LD_LIBRARY_PATH";
	if (script_names(path, length))
		return "R's etc/ldpaths";
	return lists(library_path, path, length) ? "LD_LIBRARY_PATH" : NULL;
}

static void say_who(struct loader_other_driver *other, const char *library_path, const char *path)
{
	const char *who = loader_who_put_first(library_path, path);

	*other->words = 0;
	if (who)
		snprintf(other->words, sizeof(other->words), "%s puts %.*s first", who,
			(int)(path_file(path) - path), path);
}

bool loader_other_driver(struct loader_other_driver *other, const char *root,
	const char *library_path, const char *path)
{
	struct quest quest = { .other = other };
	struct arena arena = { NULL };
	struct loader_search *search = arena_take(&arena, sizeof(*search));

	*other->path = 0;
	if (!search || stat(path, &quest.loaded)) {
		arena_free(&arena);
		return false;
	}
	loader_search_begin(search, root, library_path);
	loader_search_all(search, NULL, "libcuda.so.1", is_other, &quest);
	loader_search_end(search);
	arena_free(&arena);
	if (!*other->path)
		look_in_places(&quest, root);
	if (*other->path)
		say_who(other, library_path, path);
	return *other->path;
}
