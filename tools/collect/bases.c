/* SPDX-License-Identifier: MIT */
#include "bases.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../preload/session/config.h"

struct visiting {
	const struct bases *bases;
	int (*visit)(void *context, const struct base *base);
	void *context;
	unsigned refused;
};

/* A folder of the user `uid`, or one that is everybody's. */
enum whose { OF_UID, OF_ANYBODY };

static int visit_one(struct visiting *visiting, const char *path, uid_t uid, enum whose whose)
{
	struct base base = { .shared = false };
	struct stat st;
	int status;

	snprintf(base.path, sizeof(base.path), "%s", path);
	if (place_open(&base.place, path)) {
		visiting->refused += errno != ENOENT;
		return 0;
	}
	if (fstat(base.place.fd, &st))
		status = 0;
	else if (whose == OF_UID &&
		 st.st_uid != uid) { /* /dev/shm is open to all: a trap, or a mistake */
		visiting->refused++;
		status = 0;
	} else {
		base.shared = whose == OF_ANYBODY && st.st_uid == 0 && geteuid() == 0;
		status = visiting->visit(visiting->context, &base);
	}
	close(base.place.fd);
	return status;
}

/* The number that stands in `path` where `pattern` has %u; false: it is none of that pattern. */
static bool read_user(const char *path, const char *pattern, uid_t *uid)
{
	const char *at = strstr(pattern, "%u");
	unsigned long number;
	char same[PATHS_MAX], *end;

	if (strncmp(path, pattern, (size_t)(at - pattern)) != 0)
		return false;
	number = strtoul(path + (at - pattern), &end, 10);
	if (number >= UINT32_MAX || strcmp(end, at + 2) != 0)
		return false;
	snprintf(same, sizeof(same), "%.*s%lu%s", (int)(at - pattern), pattern, number, at + 2);
	*uid = (uid_t)number;
	return !strcmp(same, path);
}

/* Of all users that have one. */
static int visit_pattern(struct visiting *visiting, const char *pattern)
{
	const char *at = strstr(pattern, "%u");
	char wanted[PATHS_MAX + 8];
	glob_t found;
	int status = 0;
	uid_t uid;

	snprintf(wanted, sizeof(wanted), "%.*s[0-9]*%s", (int)(at - pattern), pattern, at + 2);
	if (glob(wanted, GLOB_NOSORT, NULL, &found))
		return 0;
	for (size_t i = 0; !status && i < found.gl_pathc; i++)
		if (strlen(found.gl_pathv[i]) < PATHS_MAX &&
			read_user(found.gl_pathv[i], pattern, &uid))
			status = visit_one(visiting, found.gl_pathv[i], uid, OF_UID);
	globfree(&found);
	return status;
}

static int visit_user(struct visiting *visiting, const char *pattern, uid_t uid)
{
	const char *at = strstr(pattern, "%u");
	char path[PATHS_MAX];

	snprintf(path, sizeof(path), "%.*s%u%s", (int)(at - pattern), pattern, (unsigned)uid,
		at + 2);
	return visit_one(visiting, path, uid, OF_UID);
}

int bases_visit(const struct bases *bases, int (*visit)(void *context, const struct base *base),
	void *context, unsigned *refused)
{
	struct visiting visiting = { bases, visit, context, 0 };
	const char *named = getenv("GPUSPY_DIR"), *pattern = "/dev/shm/gpuspy-%u";
	int status;

	if (named && *named)
		pattern = named;
	else if (config.folder)
		pattern = config.folder;
	if (pattern == named || !strstr(pattern, "%u"))
		status = visit_one(&visiting, pattern, 0, OF_ANYBODY);
	else if (bases->one_user || geteuid() != 0)
		status = visit_user(&visiting, pattern, bases->one_user ? bases->uid : geteuid());
	else
		status = visit_pattern(&visiting, pattern);
	*refused = visiting.refused;
	return status;
}

int base_open_session(const struct base *base, const char *name, uid_t *owner)
{
	struct stat st;
	int fd;

	*owner = base->place.owner;
	if (!base->shared)
		return place_open_session(&base->place, name);
	fd = openat(base->place.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || !fstat(fd, &st)) {
		*owner = fd < 0 ? 0 : st.st_uid;
		return fd;
	}
	close(fd);
	return -1;
}
