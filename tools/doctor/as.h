/* SPDX-License-Identifier: MIT */
/*
 * gpuspy doctor COMMAND: the same questions, in the environment that the command's program would
 * have in the end.
 */
#ifndef GPUSPY_DOCTOR_AS_H
#define GPUSPY_DOCTOR_AS_H

#include <stdbool.h>

/* Starts this program anew in that environment. Returns only if it could not: the exit status. */
int as_command(char **command, bool json);

#endif
