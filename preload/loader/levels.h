/* SPDX-License-Identifier: MIT */
/*
 * The subfolders in which glibc's loader looks before a folder itself: those for what this
 * processor can do (glibc-hwcaps/x86-64-v3, from glibc 2.33 on), and in glibc before 2.37 those of
 * old (tls, x86_64).
 */
#ifndef GPUSPY_LOADER_LEVELS_H
#define GPUSPY_LOADER_LEVELS_H

#include <stdbool.h>

/* The n-th, "" for the folder itself, which is the last; NULL: there are no more. */
const char *loader_level(unsigned n);

/* Is a path of ld.so.cache one of that level? */
bool loader_is_of_level(const char *path, const char *level);

#endif
