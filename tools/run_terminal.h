/* SPDX-License-Identifier: MIT */
/*
 * The terminal of a command that has made a group for itself, as an interactive shell does. Without
 * gpuspy run that group is the job, and has the terminal from the shell; with it gpuspy's group is
 * the job, and gives it on.
 */
#ifndef GPUSPY_TOOLS_RUN_TERMINAL_H
#define GPUSPY_TOOLS_RUN_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

/* That group, if gpuspy is the first of its own and both are in one session; 0: it is not. */
pid_t run_terminal_group(pid_t command);

/* Does the command's own group have the terminal now? */
bool run_terminal_is_lent(pid_t command);

/* Gives it the terminal, if gpuspy's group has it. */
void run_terminal_lend(pid_t command);

#endif
