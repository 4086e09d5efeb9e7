/* SPDX-License-Identifier: MIT */
/*
 * Filters of system calls (seccomp(2)) that would kill a program for what this library asks of the
 * kernel when it begins and ends there. A filter stays with the process whatever program it
 * becomes, so such a program is told by a variable, and this library stands aside in it.
 */
#ifndef GPUSPY_SESSION_FILTERED_H
#define GPUSPY_SESSION_FILTERED_H

#include <stdbool.h>

#define FILTER_VARIABLE "GPUSPY_FILTER" /* 1: there is one */

struct sock_fprog;

/*
 * Before a filter is put in place; NULL: the kernel is only asked whether it knows filters. With
 * `fails`, after it was refused: all is as before.
 */
void filter_comes(const struct sock_fprog *filter);
void filter_fails(void);

/* The process has such a filter: nothing may be asked for what is not the program's own wish. */
bool filter_kills(void);

/* Not even a thread that has counted nothing yet can begin to. */
bool filter_kills_counting(void);

/* At the start: the process had one before it became this program. No system call. */
bool filter_is_inherited(void);

#endif
