/* SPDX-License-Identifier: MIT */
/*
 * The parent as the kernel has it. The program's own getppid(2) may be told another one
 * (main/leaves.c).
 */
#ifndef GPUSPY_GROUND_PARENT_H
#define GPUSPY_GROUND_PARENT_H

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline pid_t parent_now(void)
{
	return (pid_t)syscall(SYS_getppid);
}

#endif
