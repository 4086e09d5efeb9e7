/*
 * GPUSPY_OUTPUT: the file that gets the report instead of standard error.
 */
#ifndef GPUSPY_REPORT_OUTPUT_NAME_H
#define GPUSPY_REPORT_OUTPUT_NAME_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The file's name: %p is the pid, %h the host's name, %s the session, %% a percent sign; anything
 * else stands for itself. -1: too long.
 */
int output_name(char *to, size_t size, const char *pattern, pid_t pid, const char *session);

#endif
