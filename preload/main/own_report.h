/* SPDX-License-Identifier: MIT */
/*
 * What this process writes at its end: the last words in its own segment, and the session's report.
 */
#ifndef GPUSPY_MAIN_OWN_REPORT_H
#define GPUSPY_MAIN_OWN_REPORT_H

#include <stdbool.h>

/* A segment that is not the forker's. */
bool own_segment(void);

/* Then no system call is made for us. */
bool own_ends_silently(void);

/* That it ends, and how: as wait(2) tells the status. */
void own_write_end(int status);

/*
 * The report, delivered; a NO has to wait for helpers that end with this process, 200 ms at most,
 * and a figure a millisecond for other threads.
 */
void own_report(int status);

#endif
