/* SPDX-License-Identifier: MIT */
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

/* The same in GNU's small programs, which close it before the end of the process: keeps a copy. */
void output_begin_with_copy(void);

/* The same when only now it is known that this process reports. */
void output_begin_late(void);

/*
 * Writes to standard error. False when it is closed, another file than at the start, or does not
 * take it within two seconds. Raises no signal and does not stop a background job.
 */
bool output_error(const char *text, size_t size);

/*
 * The same to an open file. Two seconds is for all that is written, so that several readers that do
 * not read cost no more than one.
 */
bool output_to(int fd, const char *text, size_t size);

/* "gpuspy: warning: TEXT" */
void output_warning(const char *text);

enum output_way {
	OUTPUT_ANEW,
	OUTPUT_APPEND,
	OUTPUT_OWN, /* anew, and never through a link: a file in gpuspy's own folder */
};

bool output_file(const char *path, enum output_way way, const char *text, size_t size);

#endif
