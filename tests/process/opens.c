/* SPDX-License-Identifier: MIT */
/*
 * opens FILE HOW WHERE: opens a file, by that function, and ends without a look at it: in the
 * program itself or in a forked child, which is killed, leaves by a raw system call, or closes it
 * first.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sixth argument of a system call is the only one on the stack. */
static bool passes_six(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	const char *map = (const char *)syscall(
		SYS_mmap, NULL, 4096L, (long)PROT_READ, (long)MAP_PRIVATE, (long)fd, 4096L);
	char bytes[64];

	return map != MAP_FAILED && pread(fd, bytes, sizeof(bytes), 4096) == sizeof(bytes) &&
	       !memcmp(map, bytes, sizeof(bytes)) && !close(fd);
}

static int open_by(const char *how, const char *path)
{
	if (!strcmp(how, "openat"))
		return openat(AT_FDCWD, path, O_RDWR);
	if (!strcmp(how, "syscall"))
		return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR);
	if (!strcmp(how, "fopen")) {
		FILE *file = fopen(path, "r");

		return file ? fileno(file) : -1;
	}
	return open(path, O_RDWR);
}

int main(int count, char **words)
{
	const char *where = count == 4 ? words[3] : "";
	int fd;

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
