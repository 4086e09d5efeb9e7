/* SPDX-License-Identifier: MIT */
/*
 * What a program's file tells of it before it is started: whether the loader takes a preloaded
 * library along, and whether it could use a GPU at all.
 */
#ifndef GPUSPY_LOADER_PROGRAM_FILE_H
#define GPUSPY_LOADER_PROGRAM_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Not one that is static, changes its user, or is for another kind of processor; of a script, its
 * interpreter is meant. Nor one that cannot be read, for it may be static. A few system calls, no
 * memory. Its own path goes into `real` ("": it is not to be had), unless that is NULL.
 */
bool program_takes_preload(const char *path, char *real, size_t size);

/*
 * True for a program that can neither load a library, nor start another program, nor open the
 * files of a GPU: it names none of what would be needed. A static one may start others, with the
 * environment that it was given: `hands_on`, they are watched. It reads the whole file.
 */
bool program_is_harmless(const char *path, bool hands_on);

#endif
