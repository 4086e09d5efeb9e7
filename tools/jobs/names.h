/* SPDX-License-Identifier: MIT */
/*
 * Names that stand in many records, each kept once: two are the same if their addresses are.
 */
#ifndef GPUSPY_JOBS_NAMES_H
#define GPUSPY_JOBS_NAMES_H

/* The kept one; NULL for NULL, and where there is no memory. */
const char *names_keep(const char *name);

#endif
