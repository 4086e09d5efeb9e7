/* SPDX-License-Identifier: MIT */
/*
 * opens FILE HOW WHERE: opens a file, by that function, and ends without a look at it: in the
 * program itself or in a forked child, which is killed, leaves by a raw system call, or closes it
 * first. With a HOW of "make" it makes a file by each function that can, and prints their modes.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* it would make one function of open and open64 */
#define _LARGEFILE64_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sixth argument of a system call is the only one on the stack. */
static bool passes_six(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	long page = sysconf(_SC_PAGESIZE);
	const char *map = (const char *)syscall(
		SYS_mmap, NULL, page, (long)PROT_READ, (long)MAP_PRIVATE, (long)fd, page);
	char bytes[64];

	return map != MAP_FAILED && pread(fd, bytes, sizeof(bytes), page) == sizeof(bytes) &&
	       !memcmp(map, bytes, sizeof(bytes)) && !close(fd);
}

/* What fortified programs call. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

static int number_of(FILE *file)
{
	return file ? fileno(file) : -1;
}

static int open_by(const char *how, const char *path)
{
	if (!strcmp(how, "open64"))
		return open64(path, O_RDWR);
	if (!strcmp(how, "openat"))
		return openat(AT_FDCWD, path, O_RDWR);
	if (!strcmp(how, "openat64"))
		return openat64(AT_FDCWD, path, O_RDWR);
	if (!strcmp(how, "__open_2"))
		return __open_2(path, O_RDWR);
	if (!strcmp(how, "__open64_2"))
		return __open64_2(path, O_RDWR);
	if (!strcmp(how, "__openat_2"))
		return __openat_2(AT_FDCWD, path, O_RDWR);
	if (!strcmp(how, "__openat64_2"))
		return __openat64_2(AT_FDCWD, path, O_RDWR);
	if (!strcmp(how, "syscall"))
		return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR);
	if (!strcmp(how, "fopen"))
		return number_of(fopen(path, "r"));
	if (!strcmp(how, "fopen64"))
		return number_of(fopen64(path, "r"));
	return open(path, O_RDWR);
}

/* Of a file that was made now, and is removed again. */
static void tell_mode(const char *path, int fd)
{
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && !close(fd) && !unlink(path))
		printf("%o ", (unsigned)st.st_mode & 0777);
}

static int make_files(const char *path)
{
	const int flags = O_CREAT | O_EXCL | O_WRONLY;

	umask(0);
	tell_mode(path, open(path, flags, 0604));
	tell_mode(path, open64(path, flags, 0614));
	tell_mode(path, openat(AT_FDCWD, path, flags, 0624));
	tell_mode(path, openat64(AT_FDCWD, path, flags, 0634));
	return 0;
}

int main(int count, char **words)
{
	const char *where = count == 4 ? words[3] : "";
	int fd;

	if (count == 3 && !strcmp(words[2], "make"))
		return make_files(words[1]);
	prctl(PR_SET_NAME, "opens", 0, 0, 0);
	if (!strncmp(where, "child", 5) && fork())
		return wait(NULL) < 0;
	if (!passes_six())
		return 1;
	fd = open_by(words[2], words[1]);
	if (fd < 0)
		return 1;
	if (strstr(where, "kill"))
		raise(SIGKILL);
	if (strstr(where, "raw"))
		syscall(SYS_exit_group, 0);
	return close(fd);
}
