/* SPDX-License-Identifier: MIT */
/*
 * How long the sessions of each user are looked at in one run: anybody can make as many as he
 * likes, each as hard to read as can be, and those of others wait meanwhile.
 */
#ifndef GPUSPY_COLLECT_PATIENCE_H
#define GPUSPY_COLLECT_PATIENCE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Before a session of that user: is there some left of so many milliseconds of processor time? Who
 * asks for himself has no limit.
 */
bool patience_begin(uid_t owner, unsigned ms);

/* After it. */
void patience_end(uid_t owner);

#endif
