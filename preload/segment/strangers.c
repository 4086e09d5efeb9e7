/* SPDX-License-Identifier: MIT */
#include "strangers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../ground/number.h"
#include "paths.h"

enum { ENTRIES_SIZE = 4096 };

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

unsigned strangers_count(const char *session, uid_t owner, struct arena *arena)
{
	char *entries = arena_take(arena, ENTRIES_SIZE);
	int folders = owner || geteuid() || !*session
			      ? -1
			      : open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned found = 0;
	ssize_t size;

	if (folders < 0)
		return 0;
	while (entries && (size = syscall(SYS_getdents64, folders, entries, ENTRIES_SIZE)) > 0) {
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			found += has_session(folders, entry->d_name, session);
			at += entry->d_reclen;
		}
	}
	close(folders);
	return found;
}
