/* SPDX-License-Identifier: MIT */
/*
 * What a program's file tells of it before it is started: whether the loader takes a preloaded
 * library along, and whether it could use a GPU at all.
 */
#ifndef GPUSPY_LOADER_PROGRAM_FILE_H
#define GPUSPY_LOADER_PROGRAM_FILE_H

#include <stdbool.h>

/*
 * Not one that is static, changes its user, or is for another kind of processor; of a script, its
 * interpreter is meant. What cannot be read is thought to take it. A few system calls, no memory.
 */
bool program_takes_preload(const char *path);

/*
 * True for a program that can neither load a library, nor start another program, nor open the
 * files of a GPU: it names none of what would be needed. A static one may start others, with the
 * environment that it was given: `hands_on`, they are watched. It reads the whole file.
 */
bool program_is_harmless(const char *path, bool hands_on);

#endif
