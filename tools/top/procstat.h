/* SPDX-License-Identifier: MIT */
/*
 * What the kernel says about processes: whether they are there, and how they ended.
 */
#ifndef GPUSPY_TOP_PROCSTAT_H
#define GPUSPY_TOP_PROCSTAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct procstat {
	char state;              /* R, S, D, T, t, Z, X ... of proc(5) */
	uint64_t cpu_ticks;      /* fields 14 and 15: in the program and in the kernel */
	uint64_t start_ticks;    /* field 22 */
	uint64_t resident_bytes; /* field 24 */
	int wait_status;         /* field 52 of a zombie, as waitpid gives it; -1: not known */
};

/* false: there is no such process, or /proc cannot be read. */
bool procstat_read(struct procstat *out, pid_t pid);

/* A descriptor that stands for this very process, not for a later one of its pid; -1: none. */
int procstat_pin(pid_t pid, uint64_t start_ticks);

/*
 * How the process of a pinned descriptor ended, as waitpid gives it, once somebody has waited for
 * it; -1: not known. Linux tells it since 6.15.
 */
int procstat_ended(int pidfd);

/* Digits of the highest pid of this machine. */
int procstat_pid_digits(void);

#endif
