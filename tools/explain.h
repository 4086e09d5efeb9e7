/* SPDX-License-Identifier: MIT */
/*
 * Why libraries did not come of which the watched process could not say it itself, for it was
 * killed: cuDNN aborts a program when it finds a part of its own missing.
 */
#ifndef GPUSPY_TOOLS_EXPLAIN_H
#define GPUSPY_TOOLS_EXPLAIN_H

#include "ground/arena.h"
#include "segment/snapshot.h"

/* As a process looked that had this one's environment. What finds no room stays unexplained. */
void explain_missing(struct session_snapshot *session, struct arena *arena);

#endif
