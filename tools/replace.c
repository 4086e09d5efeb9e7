/* SPDX-License-Identifier: MIT */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENOSPC;
			return -1;
		}
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Closes it too; the errno is that of what failed first. */
static int end(int fd, int status)
{
	int error = errno;

	if (close(fd) && !status)
		return -1;
	errno = error;
	return status;
}

/* A folder cannot be opened to be written to, which says what it is. */
static int write_into(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -1 : end(fd, write_all(fd, text, size));
}

/* A link whose target is not there: the kernel makes that, or has reasons not to. */
static int make_target(const char *path, mode_t mode)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) || !S_ISLNK(st.st_mode))
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, mode);
	return fd < 0 ? -1 : end(fd, 0);
}

/* Some file systems have nothing to wait for, and say so. */
static int reach_disk(int fd)
{
	return fsync(fd) && errno != EINVAL && errno != ENOSYS ? -1 : 0;
}

int replace_entry(const char *path, mode_t mode, const char *text, size_t size)
{
	char *fresh;
	int fd, status, error;

	if (asprintf(&fresh, "%s.XXXXXX", path) < 0)
		return -1;
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0) {
		error = errno;
	} else {
		status = write_all(fd, text, size) || fchmod(fd, mode) || reach_disk(fd) ? -1 : 0;
		if (end(fd, status) || rename(fresh, path)) {
			error = errno;
			unlink(fresh);
		} else {
			error = 0;
		}
	}
	free(fresh);
	errno = error;
	return error ? -1 : 0;
}

int replace_file(const char *path, mode_t mode, const char *text, size_t size)
{
	struct stat st;
	char *target;
	int status, error;

	if (!stat(path, &st)) {
		if (!S_ISREG(st.st_mode))
			return write_into(path, text, size);
	} else if (errno != ENOENT || make_target(path, mode)) {
		return -1;
	}
	target = realpath(path, NULL);
	if (!target && errno != ENOENT)
		return -1;
	status = replace_entry(target ? target : path, mode, text, size);
	error = errno;
	free(target);
	errno = error;
	return status;
}
