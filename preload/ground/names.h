/* SPDX-License-Identifier: MIT */
/*
 * Names that are kept for as long as the process lives.
 */
#ifndef GPUSPY_GROUND_NAMES_H
#define GPUSPY_GROUND_NAMES_H

/* A copy; NULL: no memory. */
const char *name_keep(const char *name);

#endif
