/* SPDX-License-Identifier: MIT */
/*
 * The kernel's threads, which /proc lists with the programs.
 */
#ifndef GPUSPY_SESSION_KERNEL_THREADS_H
#define GPUSPY_SESSION_KERNEL_THREADS_H

#include <stdbool.h>
#include <sys/types.h>

/* Is it one of them? They are looked for at the first question. */
bool kernel_threads_have(pid_t pid);

/* The next question is the first. */
void kernel_threads_forget(void);

#endif
