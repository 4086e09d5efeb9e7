/* SPDX-License-Identifier: MIT */
/* The beginning of a file, as those below /proc are read. */
#ifndef GPUSPY_GROUND_TEXT_H
#define GPUSPY_GROUND_TEXT_H

#include <stddef.h>
#include <sys/types.h>

/* How many bytes there were, at most size - 1, and a zero behind them. -1, and "": none can be had.
 */
ssize_t text_read(const char *path, char *text, size_t size);

#endif
