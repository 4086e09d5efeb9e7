/* SPDX-License-Identifier: MIT */
/*
 * The signals that end gpuspy-top on a terminal.
 *
 * They are read where it waits. While it draws, the terminal may take nothing (Ctrl-S, a reader
 * that does not read), and ncurses begins a write anew whatever interrupts it: so a clock ticks
 * meanwhile, and a tick that finds one of them pending leaves at once.
 */
#ifndef GPUSPY_TOP_LEAVE_H
#define GPUSPY_TOP_LEAVE_H

#include <signal.h>
#include <stdbool.h>

/* From here on they are pending only, and the clock ticks. `set`: those that end it. */
void leave_begin(sigset_t *set);
/* As it was before, for who goes on without a screen. */
void leave_undo(void);

/* Stops the clock while there is nothing to be held up by, and starts it again. */
void leave_watch(bool on);

/* One of them was read: a tick leaves from now on. */
void leave_soon(void);

#endif
