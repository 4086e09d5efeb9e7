/* SPDX-License-Identifier: MIT */
/*
 * gpuspy report --job --html: a job as one page, which needs nothing from outside.
 */
#ifndef GPUSPY_JOBS_JOB_PAGE_H
#define GPUSPY_JOBS_JOB_PAGE_H

#include <stdio.h>

#include "view.h"

void job_page_put(FILE *to, const struct view *view);

/* To FILE ("-": standard output). -1: it could not be written, which is said. */
int job_page(const char *file, const struct view *view);

#endif
