/* SPDX-License-Identifier: MIT */
/*
 * One verdict over all nodes, steps and tasks of a job.
 */
#ifndef GPUSPY_JOBS_VIEW_H
#define GPUSPY_JOBS_VIEW_H

#include "jobs.h"

/* The sessions of a node, of a run, or of the whole job. */
struct sum {
	enum verdict verdict;
	const char *reason, *summary; /* of the first session that has that verdict; NULL: none */
	uint64_t kernels, confirmed;
	unsigned sessions, running, ranks;
	bool at_least;
	double started, ended; /* negative: not known */
	double work_seconds;   /* from the first kernel to the end, all sessions together */
};

struct view_gpu {
	const char *node, *uuid; /* uuid NULL: not known */
	uint64_t kernels;
};

struct view_node {
	const char *node;
	struct sum sum;
	bool expected;   /* a list of the job's nodes has it */
	bool said;       /* its Epilog wrote a line */
	uint64_t lost;   /* sessions that are known to be lost */
	int given;       /* GPUs, -1: not known */
	unsigned worked; /* of those that ran kernels */
	int idle_weight;
	const char *idle_reason, *idle_summary; /* of a session without kernels */
};

struct view {
	const struct job *job;
	struct sum sum;
	bool simulated;
	struct view_node *nodes; /* in the order of their names */
	unsigned n_nodes, nodes_room;
	struct view_gpu *gpus;
	unsigned n_gpus, gpus_room;
	struct sum *runs; /* by restarts */
	int *restarts;    /* of each run */
	unsigned n_runs;
	int given;               /* GPUs of all nodes; -1: not known of some */
	unsigned tasks;          /* as the launchers said, else as many as were seen */
	unsigned worked, silent; /* silent: nodes without a record */
	uint64_t lost;
	char words[256]; /* one plain sentence */
};

/* -1: no memory. */
int view_make(struct view *view, const struct job *job);
void view_free(struct view *view);

#endif
