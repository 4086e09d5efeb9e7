/* SPDX-License-Identifier: MIT */
/*
 * What a short command prints: how an interpreter would be started is asked of itself.
 */
#ifndef GPUSPY_DOCTOR_CAPTURE_H
#define GPUSPY_DOCTOR_CAPTURE_H

#include <stddef.h>

/*
 * Runs a command, found in PATH, with that environment (NULL: this one's) for at most `ms`
 * milliseconds, and gives its standard output with a 0 behind it, to be freed; NULL: it could not
 * be run, failed, or took too long.
 */
char *capture(const char *const *command, char *const *environment, int ms, size_t *size);

#endif
