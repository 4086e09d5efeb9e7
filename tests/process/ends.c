/* SPDX-License-Identifier: MIT */
/*
 * ends.so: ways to end a process that are not R's or Python's own, for .C() of R and for ctypes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void end_exit(const int *status);
void end__exit(const int *status);
void end_quick_exit(const int *status);
void end_exit_group(const int *status);
void end_abort(void);
void end_crash(void);

void end_exit(const int *status)
{
	exit(*status);
}

void end__exit(const int *status)
{
	_exit(*status);
}

void end_quick_exit(const int *status)
{
	quick_exit(*status);
}

void end_exit_group(const int *status)
{
	syscall(SYS_exit_group, *status);
}

void end_abort(void)
{
	abort();
}

/* A package's own mistake; the address is a constant, for R shows it. */
void end_crash(void)
{
	static volatile uintptr_t nowhere = 16;

	*(volatile int *)nowhere = 0;
}
