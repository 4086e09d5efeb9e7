/* SPDX-License-Identifier: MIT */
/*
 * Functions that a program built with a newer glibc takes under a version later than 2.28, for this
 * library alone: whatever system it was built on, it shall load on an older one. They are linked in
 * under the names by which all of it calls them, and nobody else sees them (exports.map).
 * tests/house/test_glibc.py tells when another one has to come.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * glibc 2.33: inline functions that called __xstat() and its like before. The kernel's structure is
 * glibc's on processors of 64 bits.
 */
int stat(const char *restrict path, struct stat *restrict st)
{
	return (int)syscall(SYS_newfstatat, AT_FDCWD, path, st, 0);
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return (int)syscall(SYS_newfstatat, AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int fstatat(int folder, const char *restrict path, struct stat *restrict st, int flags)
{
	return (int)syscall(SYS_newfstatat, folder, path, st, flags);
}

int fstat(int fd, struct stat *st)
{
	return (int)syscall(SYS_fstat, fd, st);
}

/* glibc 2.33, as those. */
int mknod(const char *path, mode_t mode, dev_t device)
{
	return (int)syscall(SYS_mknodat, AT_FDCWD, path, mode, (unsigned)device);
}
