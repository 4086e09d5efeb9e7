/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "segment/paths.h"

enum { LINKS_MAX = 16, FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

static int fail(int error)
{
	errno = error;
	return -1;
}

static void close_quietly(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

/* The first part of a path, cut off; what follows it, without its slashes. */
static char *cut_part(char *path)
{
	char *rest = path + strcspn(path, "/");

	while (*rest == '/')
		*rest++ = 0;
	return rest;
}

static bool is_trusted_link(int fd, const char *name)
{
	struct stat st;

	return !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode) &&
	       (st.st_uid == 0 || st.st_uid == geteuid());
}

/* Puts the link's target in front of what is left to walk. */
static int read_link(int fd, const char *name, char left[PATHS_MAX])
{
	char target[2 * PATHS_MAX];
	ssize_t length = readlinkat(fd, name, target, PATHS_MAX - 1);

	if (length < 0)
		return -1;
	target[length] = 0;
	if ((size_t)length + strlen(left) + 2 > PATHS_MAX)
		return fail(ENAMETOOLONG);
	if (*left) {
		strcat(target, "/");
		strcat(target, left);
	}
	strcpy(left, target);
	return 0;
}

/* Goes one part further: a folder, or a link that may be followed. */
static int step(int from, const char *name, char left[PATHS_MAX])
{
	int fd = openat(from, name, FOLDER | O_NOFOLLOW);

	if (fd >= 0 || !*left || (errno != ELOOP && errno != ENOTDIR) ||
		!is_trusted_link(from, name))
		return fd;
	if (read_link(from, name, left))
		return -1;
	return *left == '/' ? open("/", FOLDER) : openat(from, ".", FOLDER);
}

static int walk(const char *path)
{
	char left[PATHS_MAX], name[PATHS_MAX];
	int fd = open("/", FOLDER);

	snprintf(left, sizeof(left), "%s", path);
	for (unsigned steps = 0; fd >= 0 && *left; steps++) {
		char *rest, *start = left + strspn(left, "/");
		int next;

		snprintf(name, sizeof(name), "%s", start);
		rest = cut_part(name);
		memmove(left, rest, strlen(rest) + 1);
		next = steps < PATHS_MAX / 2 + LINKS_MAX ? step(fd, *name ? name : ".", left)
							 : fail(ELOOP);
		close_quietly(fd);
		fd = next;
	}
	return fd;
}

/* gpuspy-UID, as the library writes it, names whose it is; (uid_t)-1: it does not. */
static uid_t named_owner(const char *path)
{
	const char *name = strrchr(path, '/');
	char same[32];
	unsigned long uid;

	if (!name || strncmp(name, "/gpuspy-", 8) != 0)
		return (uid_t)-1;
	uid = strtoul(name + 8, NULL, 10);
	snprintf(same, sizeof(same), "/gpuspy-%lu", uid);
	return strcmp(same, name) || uid >= UINT32_MAX ? (uid_t)-1 : (uid_t)uid;
}

static int check_owner(struct place *place, const char *path)
{
	uid_t named = named_owner(path);
	struct stat st;

	if (fstat(place->fd, &st))
		return -1;
	if (named != (uid_t)-1 ? st.st_uid != named
			       : geteuid() != 0 && st.st_uid != geteuid() && st.st_uid != 0)
		return fail(EPERM);
	/* In root's folder each user has sessions of his own, as in /tmp. */
	place->owner = geteuid() == 0 ? st.st_uid : geteuid();
	return 0;
}

int place_open(struct place *place, const char *path)
{
	place->fd = walk(path);
	if (place->fd < 0)
		return -1;
	if (!check_owner(place, path))
		return 0;
	close_quietly(place->fd);
	return -1;
}

int place_open_session(const struct place *place, const char *name)
{
	int fd = openat(place->fd, name, FOLDER | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && st.st_uid == place->owner))
		return fd;
	close(fd);
	return fail(EPERM);
}

int place_make_session(const struct place *place, const char *name)
{
	if (mkdirat(place->fd, name, 0700) && errno != EEXIST)
		return -1;
	return place_open_session(place, name);
}
