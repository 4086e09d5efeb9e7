/* SPDX-License-Identifier: MIT */
/*
 * Names that stand in many records, each kept once: two are the same if their addresses are.
 */
#ifndef GPUSPY_JOBS_NAMES_H
#define GPUSPY_JOBS_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* The kept one; NULL for NULL, and where there is no memory. */
const char *names_keep(const char *name);

/* The same number for the same bytes. */
uint64_t names_number(const char *name);

#endif
