/* SPDX-License-Identifier: MIT */
/*
 * Paths as text.
 */
#ifndef GPUSPY_GROUND_PATH_H
#define GPUSPY_GROUND_PATH_H

/* The file name: what follows the last slash, the path itself where there is none. */
const char *path_file(const char *path);

#endif
