/* SPDX-License-Identifier: MIT */
/*
 * GPUSPY_OUTPUT: the file that gets the report instead of standard error.
 */
#ifndef GPUSPY_REPORT_OUTPUT_NAME_H
#define GPUSPY_REPORT_OUTPUT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The file's name: %p is the pid, %h the host's name, %s the session, %% a percent sign; anything
 * else stands for itself. -1: too long.
 */
int output_name(char *to, size_t size, const char *pattern, pid_t pid, const char *session);

/* Is there a %x in it that stands for itself, and was probably meant otherwise? */
bool output_name_doubtful(const char *pattern);

/* What to say then. */
#define OUTPUT_NAME_DOUBT                                                                      \
	"in GPUSPY_OUTPUT %p is the process, %h the host, %s the session, %% a percent sign; " \
	"another % stands for itself"

#endif
