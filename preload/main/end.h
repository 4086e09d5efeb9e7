/* SPDX-License-Identifier: MIT */
/*
 * The end of a watched process: its segment says so, and the session's owner reports.
 */
#ifndef GPUSPY_MAIN_END_H
#define GPUSPY_MAIN_END_H

/* At start: asks to be told of the end. */
void end_begin(void);

/* _exit, by a name that leads here wherever this library stands in the search order. */
__attribute__((noreturn)) void end_exit(int status);

#endif
