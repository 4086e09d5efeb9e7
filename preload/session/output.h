/*
 * Where our words go, without harm to the program: standard error as it was at the start, or a
 * file.
 */
#ifndef GPUSPY_SESSION_OUTPUT_H
#define GPUSPY_SESSION_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Remembers what standard error is, before the program can close it and open something else. */
void output_begin(void);

/*
 * Writes to standard error. False when it is closed, another file than at the start, or does not
 * take it within two seconds. Raises no signal and does not stop a background job.
 */
bool output_error(const char *text, size_t size);

/* "gpuspy: warning: TEXT" */
void output_warning(const char *text);

/* Writes a file anew, or appends to it. */
bool output_file(const char *path, bool append, const char *text, size_t size);

#endif
