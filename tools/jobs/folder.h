/* SPDX-License-Identifier: MIT */
/*
 * Which records are meant: of which folder, and since when.
 */
#ifndef GPUSPY_JOBS_FOLDER_H
#define GPUSPY_JOBS_FOLDER_H

#include <time.h>

/* What was given, else the site's; NULL: there is none, which is said. */
const char *records_folder(const char *who, const char *given);

/* "7d", "12h", "30m", "2w", "2026-11-30"; NULL: all, 0. -1: it is none of these, which is said. */
int records_since(const char *who, const char *text, time_t *since);

#endif
