/* SPDX-License-Identifier: MIT */
/*
 * Processes of a session that ended and had nothing to do with CUDA: of each one only the number
 * is kept, so that a session does not grow with all that its command starts.
 */
#ifndef GPUSPY_SEGMENT_FOLDED_H
#define GPUSPY_SEGMENT_FOLDED_H

#include <stdbool.h>
#include <stdint.h>

/* In the session's folder. */
#define FOLDED_FILE "folded"

/* One more. False: it cannot be written down. */
bool folded_add(const char *folder);

/* How many there are; a folder that is open. */
uint64_t folded_read(int folder);

#endif
