/*
 * The second witness: what this process has of a GPU, told by others than the counts.
 *
 * A NO is a claim about all of a process, and the counts know only of what came through the doors.
 * So, once, at the end, when no kernel was counted, somebody else is asked: the loader (which
 * libraries are there) and the kernel (what is mapped, which files are open).
 */
#ifndef GPUSPY_SESSION_WITNESS_H
#define GPUSPY_SESSION_WITNESS_H

#include <stdbool.h>

/* A library that is no layer of CUDA's came: by it a GPU may be used too. */
void witness_library(const char *path);

/* This process has a segment, and no kernel was counted. */
bool witness_is_wanted(void);

/*
 * Looks, and writes what it saw into the segment. `contexts`: the number of devices whose primary
 * context is active, as the driver says, -1: it could not be asked.
 */
void witness_look(int contexts);

#endif
