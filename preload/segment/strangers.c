/* SPDX-License-Identifier: MIT */
#include "strangers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/number.h"
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

const char *strangers_folders = "/dev/shm/" PATHS_USER_FOLDER;

struct search {
	int folders;
	int before,
		after; /* lengths of what stands around a user's number in the name of a folder */
	const char *format; /* its name, and what is below it */
	const char *session;
	const struct strangers *marked;
	unsigned found;
};

/* Of somebody else; 0: nobody. */
static uid_t user_of(const struct search *of, const char *name)
{
	char same[256];
	const char *end;
	uint64_t user;

	if (strncmp(name, of->format, (size_t)of->before) != 0)
		return 0;
	user = number_read(name + of->before, 10, &end);
	snprintf(same, sizeof(same), "%.*s%u%.*s", of->before, of->format, (unsigned)user,
		of->after, of->format + of->before + 2);
	if (strcmp(name, same) != 0 || user == geteuid() || is_listed(of->marked, (uid_t)user))
		return 0;
	return (uid_t)user;
}

/* The folder and the session in it are that user's; links are nobody's. */
static bool has_session(const struct search *of, const char *name)
{
	char path[256 + PATHS_MAX + SESSION_NAME_MAX];
	const char *below = of->format + of->before + 2 + of->after;
	uid_t user = user_of(of, name);
	struct stat st;

	if (!user || fstatat(of->folders, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode) ||
		st.st_uid != user)
		return false;
	snprintf(path, sizeof(path), "%s%s/%s", name, below, of->session);
	return !fstatat(of->folders, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode) &&
	       st.st_uid == user;
}

static bool count(void *context, const char *name)
{
	struct search *of = context;

	of->found += has_session(of, name);
	return false;
}

/* What holds the folders of all users. */
static int open_above(struct search *of)
{
	const char *number = strstr(strangers_folders, "%u"), *name = number;
	char above[PATHS_MAX];

	while (name[-1] != '/')
		name--;
	snprintf(above, sizeof(above), "%.*s", (int)(name - strangers_folders), strangers_folders);
	of->format = name;
	of->before = (int)(number - name);
	of->after = (int)strcspn(number + 2, "/");
	return open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

unsigned strangers_count(
	const char *session, uid_t owner, const struct strangers *marked, struct arena *arena)
{
	struct search of = { .session = session, .marked = marked };
	char *entries = arena_take(arena, ENTRIES_SIZE);

	if (!entries || owner || geteuid() || !*session)
		return 0;
	of.folders = open_above(&of);
	if (of.folders < 0)
		return 0;
	entries_each(of.folders, entries, ENTRIES_SIZE, count, &of);
	close(of.folders);
	return of.found;
}
