/* SPDX-License-Identifier: MIT */
/*
 * What stands in the columns that hold no figure, and how they sort.
 */
#ifndef GPUSPY_TOP_CELLS_H
#define GPUSPY_TOP_CELLS_H

#include "row.h"
#include "units.h"

/* Into a column of that width; 0: however long. */
void cell_pid(struct text *text, const struct row *row, int width);
void cell_user(struct text *text, const struct row *row, int width);
void cell_job(struct text *text, const struct row *row, int width);
void cell_state(struct text *text, const struct row *row, int width);
void cell_verdict(struct text *text, const struct row *row, int width);
void cell_devices(struct text *text, const struct row *row, int width);

/* The verdict in short: YES, UNCONF, FAILED, NO, UNKNOWN. */
const char *cell_verdict_words(const struct judgement *judgement);

/* Does it know of a job of a scheduler? */
bool cell_has_job(const struct process_snapshot *process);

/* By the ID that people ask for. */
int cell_compare_job_ids(const struct process_snapshot *a, const struct process_snapshot *b);

int cell_compare_jobs(const struct row *a, const struct row *b);
int cell_compare_users(const struct row *a, const struct row *b);
int cell_compare_states(const struct row *a, const struct row *b);
int cell_compare_verdicts(const struct row *a, const struct row *b);
int cell_compare_commands(const struct row *a, const struct row *b);

#endif
