/* SPDX-License-Identifier: MIT */
/*
 * What a process keeps over execve(2) and its child does not get by fork(2): the command, which is
 * a child of what its caller's exec made, is to have it all the same.
 */
#ifndef GPUSPY_TOOLS_RUN_INHERITED_H
#define GPUSPY_TOOLS_RUN_INHERITED_H

#include <signal.h>
#include <sys/time.h>
#include <sys/types.h>

enum { INHERITED_TIMERS = 3, INHERITED_SIGNALS = 64 };

struct run_inherited {
	pid_t pid;                                 /* of this process */
	struct itimerval timers[INHERITED_TIMERS]; /* ITIMER_REAL and so on: 0, 1, 2 */
	siginfo_t signals[INHERITED_SIGNALS];      /* that were pending */
	unsigned n_signals;
	int reaper;       /* 1: orphans below it come to it */
	int death_signal; /* which it gets when its parent dies, 0: none */
};

struct run_signals;

/* What this process is going to change. At its beginning. */
void run_inherited_note(struct run_inherited *inherited);

/* Takes the rest from this process, whose signals are blocked. Just before the fork. */
void run_inherited_take(struct run_inherited *inherited, const struct run_signals *signals);

/* In the child, whose signals are still blocked. */
void run_inherited_give(const struct run_inherited *inherited);

#endif
