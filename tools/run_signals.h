/* SPDX-License-Identifier: MIT */
/*
 * Signals to gpuspy run are meant for the command. It gets those that it did not get itself, as a
 * member of the same group: by the terminal, or by kill(2) with a negative number.
 */
#ifndef GPUSPY_TOOLS_RUN_SIGNALS_H
#define GPUSPY_TOOLS_RUN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct run_signals {
	sigset_t set;  /* all that can be blocked */
	sigset_t mask; /* as it was */
	pid_t witness; /* another member of the group, 0: none could be made */
	int asks;      /* a socket to it */
};

/* Blocks them. Before the command is started. */
void run_signals_begin(struct run_signals *signals);

/*
 * Takes those that came till now, `max' at most: how many. Not SIGCHLD, which is for this process,
 * nor what would stop the command before it has begun.
 */
unsigned run_signals_pending(const struct run_signals *signals, siginfo_t *to, unsigned max);

/* Has it come, and was not taken yet? */
bool run_signals_waits(int number);

/* One that came, to the command if it is for it. */
void run_signals_pass(const struct run_signals *signals, const siginfo_t *info, pid_t command);

/*
 * This process is about to stop with the command: it is to be continued when that goes on, or ends.
 * False: nobody could see to it.
 */
bool run_signals_wake(const struct run_signals *signals, pid_t command);

/* That one was waited for: it may have been the witness. */
void run_signals_ended(struct run_signals *signals, pid_t pid);

/* From here on they are this program's: what was meant for the command came too late. */
void run_signals_end(struct run_signals *signals);

#endif
