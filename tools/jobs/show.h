/* SPDX-License-Identifier: MIT */
/*
 * A job's report, as text and as JSON.
 */
#ifndef GPUSPY_JOBS_SHOW_H
#define GPUSPY_JOBS_SHOW_H

#include <stdio.h>

#include "view.h"

void show_text(FILE *to, const struct view *view);
int show_json(FILE *to, const struct view *view); /* -1: no memory */

/*
 * One line of what sacctmgr(1) leaves as it is: lower case, no quotes. As in
 * "gpuspy: yes 1215 kernels 5/6 gpus".
 */
void show_brief(FILE *to, const struct view *view);

/* As in the JSON of one job; NULL: no memory. */
struct json_t *show_object(const struct view *view);

#endif
