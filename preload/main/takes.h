/* SPDX-License-Identifier: MIT */
/*
 * What the environment of a program that is going to be started says: will it have this library,
 * and will it be in this session?
 */
#ifndef GPUSPY_MAIN_TAKES_H
#define GPUSPY_MAIN_TAKES_H

#include <stdbool.h>

/* At the start, before the program changes its environment. */
void takes_begin(void);

/* Does this process have the library by LD_PRELOAD, and so all that it starts? */
bool takes_is_by_preload(void);

/* As the program will be where this process is: a relative path in LD_PRELOAD is meant from there.
 */
bool environment_takes_library(char *const environment[]);

/* Libraries that nobody asked of what they do: LD_PRELOAD, LD_AUDIT. */
bool environment_brings_others(char *const environment[]);

bool environment_tells_session(char *const environment[]);

/* Who starts it has told this session itself, and will take that back if it is no reason (R's
 * gpu_run()). */
bool environment_is_told(char *const environment[]);

#endif
