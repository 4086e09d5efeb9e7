/* SPDX-License-Identifier: MIT */
/* A library that has an _exit of its own: it says so, and goes on to libc's. */
#include <dlfcn.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void _exit(int status)
{
	void *found = dlsym(RTLD_NEXT, "_exit");
	__attribute__((noreturn)) void (*next)(int status);

	memcpy(&next, &found, sizeof(next));
	if (write(STDOUT_FILENO, "another's\n", 10) == 10)
		next(status);
	for (;;)
		syscall(SYS_exit_group, 99);
}
