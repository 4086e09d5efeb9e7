/* SPDX-License-Identifier: MIT */
#ifndef GPUSPY_MAIN_STARTS_H
#define GPUSPY_MAIN_STARTS_H

/* At the start: programs that this process starts are looked at from now on. */
void starts_begin(void);

/* It starts one by a system call of its own; as execveat(2) takes the arguments. */
void starts_by_call(int folder, const char *path, char *const environment[]);

#endif
