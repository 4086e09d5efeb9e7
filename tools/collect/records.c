/* SPDX-License-Identifier: MIT */
#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "segment/paths.h"

enum {
	PATIENCE_MS = 10000, /* an Epilog holds up its node */
	FOLDER_MODE = 0750,  /* command lines are in it: who may read is the site's to say */
	FILE_MODE = 0640,
};

const char *records_host(void)
{
	static struct utsname names;

	if (!names.nodename[0] && (uname(&names) || !names.nodename[0]))
		strcpy(names.nodename, "unknown");
	return names.nodename;
}

/* A host's name is a name of a file, too. */
static void name_file(char to[PATHS_MAX], const char *folder, const char *host, const char *end)
{
	size_t at = (size_t)snprintf(to, PATHS_MAX, "%s/", folder);

	if (at < PATHS_MAX)
		snprintf(to + at, PATHS_MAX - at, "%s%s", *host == '.' ? "_" : host, end);
	for (char *c = to + (at < PATHS_MAX ? at : PATHS_MAX - 1); *c; c++)
		if (*c == '/')
			*c = '_';
}

int records_lock(const char *folder, const char *host)
{
	const struct timespec moment = { 0, 20000000 };
	char path[PATHS_MAX], name[128];
	int fd;

	snprintf(name, sizeof(name), ".lock-%.64s", host);
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	for (int ms = 0; fd >= 0 && ms < PATIENCE_MS && flock(fd, LOCK_EX | LOCK_NB); ms += 20)
		nanosleep(&moment, NULL);
	return fd;
}

/* FOLDER is there; what is below it is made. */
static int make_day(char path[PATHS_MAX], const char *folder)
{
	static const char *const parts[] = { "/%Y", "/%m", "/%d" };
	time_t now = time(NULL);
	size_t at = (size_t)snprintf(path, PATHS_MAX, "%s", folder);
	struct tm utc;

	if (!gmtime_r(&now, &utc) || at + 16 >= PATHS_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (int i = 0; i < 3; i++) {
		at += strftime(path + at, PATHS_MAX - at, parts[i], &utc);
		if (mkdir(path, FOLDER_MODE) && errno != EEXIST)
			return -1;
	}
	return 0;
}

/* What does not fit is taken back: a half of a line would spoil the next one, too. */
static int append(int fd, const char *lines, size_t size)
{
	struct stat before;
	size_t done = 0;
	int error;

	if (fstat(fd, &before))
		return -1;
	while (done < size) {
		ssize_t n = write(fd, lines + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done == size)
		return 0;
	error = errno;
	if (ftruncate(fd, before.st_size))
		error = errno;
	errno = error ? error : ENOSPC;
	return -1;
}

int records_append(const char *folder, const char *host, const char *lines, size_t size)
{
	char day[PATHS_MAX], path[PATHS_MAX];
	int fd, status, error;

	if (make_day(day, folder))
		return -1;
	name_file(path, day, host, ".jsonl");
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return -1;
	status = flock(fd, LOCK_EX) ? -1 : append(fd, lines, size);
	error = errno;
	if (close(fd) && !status)
		return -1;
	errno = error;
	return status;
}
