/* SPDX-License-Identifier: MIT */
/*
 * What a filter of system calls (seccomp(2), classic BPF as linux/filter.h has it) would answer.
 */
#ifndef GPUSPY_GROUND_FILTER_H
#define GPUSPY_GROUND_FILTER_H

#include <stdbool.h>

struct sock_fprog;

/*
 * Would it kill a program for one of the system calls that this library makes of itself, whatever
 * its arguments? One that the kernel would refuse counts as one that does.
 */
bool filter_would_kill(const struct sock_fprog *filter);

/* The same for what the first call of a thread takes where a file is there already. */
bool filter_would_kill_counting(const struct sock_fprog *filter);

#endif
