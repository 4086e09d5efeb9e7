/* SPDX-License-Identifier: MIT */
#include "strangers.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/number.h"
#include "paths.h"

enum { ENTRIES_SIZE = 4096 };

struct strangers {
	int folders;
	const char *session;
	unsigned found;
};

/* "gpuspy-UID", of somebody else, and its owner is that user; links are nobody's. */
static bool has_session(int folders, const char *name, const char *session)
{
	char path[64 + SESSION_NAME_MAX];
	const char *end;
	uint64_t uid;
	struct stat st;

	if (strncmp(name, "gpuspy-", 7) != 0 || strlen(name) > 32)
		return false;
	uid = number_read(name + 7, 10, &end);
	if (*end || end == name + 7 || uid == geteuid() ||
		fstatat(folders, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode) ||
		st.st_uid != uid)
		return false;
	snprintf(path, sizeof(path), "%s/%s", name, session);
	return !fstatat(folders, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode) &&
	       st.st_uid == uid;
}

static bool count(void *context, const char *name)
{
	struct strangers *of = context;

	of->found += has_session(of->folders, name, of->session);
	return false;
}

unsigned strangers_count(const char *session, uid_t owner, struct arena *arena)
{
	struct strangers of = { .session = session };
	char *entries = arena_take(arena, ENTRIES_SIZE);

	if (!entries || owner || geteuid() || !*session)
		return 0;
	of.folders = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (of.folders < 0)
		return 0;
	entries_each(of.folders, entries, ENTRIES_SIZE, count, &of);
	close(of.folders);
	return of.found;
}
