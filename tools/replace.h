/* SPDX-License-Identifier: MIT */
/*
 * Files that a user named, and that are written anew.
 */
#ifndef GPUSPY_TOOLS_REPLACE_H
#define GPUSPY_TOOLS_REPLACE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * A regular file is replaced as a whole: who reads it sees the old one or the new one, and a crash
 * leaves one of them. A link stays one. A device, a FIFO or a socket is never replaced, but written
 * to as by a shell's `>'. -1 with errno.
 */
int replace_file(const char *path, mode_t mode, const char *text, size_t size);

/* The entry of that name itself, also if it is a link, which is not followed. */
int replace_entry(const char *path, mode_t mode, const char *text, size_t size);

#endif
