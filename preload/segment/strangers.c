/* SPDX-License-Identifier: MIT */
#include "strangers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "folded.h"
#include "paths.h"

enum { ENTRIES_SIZE = 4096 };

static bool is_listed(const struct strangers *strangers, uid_t user)
{
	for (unsigned i = 0; i < strangers->n; i++)
		if (strangers->users[i] == user)
			return true;
	return false;
}

int strangers_mark(const char *folder, uid_t user, const char *base)
{
	char path[PATHS_MAX + 32];
	size_t length = strlen(base);
	bool written;
	int fd;

	snprintf(path, sizeof(path), "%s/" PATHS_USER_MARK, folder, (unsigned)user);
	/* One that is there says the same, or was cut off: then it is written once more. */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -1;
	written = write(fd, base, length) == (ssize_t)length;
	close(fd);
	return written ? 0 : -1;
}

bool strangers_note(struct strangers *strangers, const char *file)
{
	uid_t user = paths_user(PATHS_USER_MARK, file);

	if (!user)
		return false;
	if (is_listed(strangers, user))
		return true;
	if (strangers->n < STRANGERS_MAX)
		strangers->users[strangers->n++] = user;
	else
		strangers->left_out++;
	return true;
}

/* Where that user's sessions are; a file of root's says so. */
static int read_mark(int folder, uid_t user, char base[PATHS_MAX])
{
	char name[32];
	struct stat st;
	ssize_t n = -1;
	int fd;

	snprintf(name, sizeof(name), PATHS_USER_MARK, (unsigned)user);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == 0)
		n = read(fd, base, PATHS_MAX - 1);
	close(fd);
	if (n > 0)
		base[n] = 0;
	errno = EINVAL;
	return n > 0 && *base == '/' ? 0 : -1;
}

/* `base` may be one that root has made for everybody. */
static bool is_of(int fd, uid_t user, bool or_root)
{
	struct stat st;

	errno = EPERM;
	return !fstat(fd, &st) && (st.st_uid == user || (or_root && st.st_uid == 0));
}

int strangers_open(int folder, uid_t user, const char *session)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char base[PATHS_MAX];
	int all, fd, error;

	if (geteuid() || !is_of(folder, 0, false) || read_mark(folder, user, base))
		return -1;
	all = open(base, flags);
	if (all < 0)
		return -1;
	fd = is_of(all, user, true) ? openat(all, session, flags) : -1;
	error = errno;
	if (fd >= 0 && !is_of(fd, user, false)) {
		error = errno;
		close(fd);
		fd = -1;
	}
	close(all);
	errno = error;
	return fd;
}

static bool note_mark(void *strangers, const char *name)
{
	strangers_note(strangers, name);
	return false;
}

bool strangers_have_records(int folder, const char *session)
{
	char entries[1024] __attribute__((aligned(8)));
	struct strangers marked = { .n = 0 };
	bool found = false;

	if (lseek(folder, 0, SEEK_SET))
		return false;
	entries_each(folder, entries, sizeof(entries), note_mark, &marked);
	for (unsigned i = 0; i < marked.n && !found; i++) {
		int fd = strangers_open(folder, marked.users[i], session);

		found = fd >= 0 && !folded_is_alone(fd);
		if (fd >= 0)
			close(fd);
	}
	return found;
}

struct search {
	int folders;
	const char *session;
	const struct strangers *marked;
	unsigned found;
};

/* "gpuspy-UID", of somebody else, and its owner is that user; links are nobody's. */
static bool has_session(const struct search *of, const char *name)
{
	char path[64 + SESSION_NAME_MAX];
	uid_t user = paths_user(PATHS_USER_FOLDER, name);
	struct stat st;

	if (!user || user == geteuid() || is_listed(of->marked, user) ||
		fstatat(of->folders, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode) ||
		st.st_uid != user)
		return false;
	snprintf(path, sizeof(path), "%s/%s", name, of->session);
	return !fstatat(of->folders, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode) &&
	       st.st_uid == user;
}

static bool count(void *context, const char *name)
{
	struct search *of = context;

	of->found += has_session(of, name);
	return false;
}

unsigned strangers_count(
	const char *session, uid_t owner, const struct strangers *marked, struct arena *arena)
{
	struct search of = { .session = session, .marked = marked };
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
