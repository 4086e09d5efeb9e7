/* SPDX-License-Identifier: MIT */
/*
 * One verdict over all nodes, steps and tasks of a job.
 */
#ifndef GPUSPY_JOBS_VIEW_H
#define GPUSPY_JOBS_VIEW_H

#include "ground/arena.h"
#include "nodes.h"
#include "sum.h"

enum allocated { ALLOCATED_UNKNOWN, ALLOCATED, ALLOCATED_TO_OTHERS };

/* One that was seen. */
struct view_gpu {
	const char *node, *uuid; /* uuid NULL: not known */
	const char *id;          /* what the scheduler calls it; NULL: not known */
	uint64_t kernels;
	enum allocated allocated;
};

/* One that the job was given. */
struct view_given {
	const char *node, *id, *uuid; /* id: as the scheduler calls it; uuid NULL: not known */
	uint64_t kernels;             /* with a UUID */
	bool seen;                    /* is among those that were seen */
};

struct view_node {
	const char *node;
	struct sum sum;
	bool said;     /* its Epilog wrote a line */
	uint64_t lost; /* sessions that are known to be lost */
	uint64_t unreadable;
	int given;        /* GPUs, -1: not known */
	bool told;        /* that by an Epilog */
	const char *list; /* of GPUs, that a session named last; NULL: none */
	bool doubted;     /* what was seen there is not what the numbers stand for */
	bool named;       /* the UUIDs of all of them are known */
	int newest;       /* the last run that was seen there */
	unsigned worked;  /* of those that ran kernels */
	int idle_weight;
	const char *idle_reason, *idle_summary; /* of a session without kernels */
};

struct view {
	const struct job *job;
	struct sum sum;
	bool simulated;
	struct view_node *nodes; /* in the order of their names */
	unsigned n_nodes, nodes_room;
	struct arena names; /* of nodes that sent nothing */
	struct table table; /* by name, until they are in order */
	struct view_gpu *gpus;
	unsigned n_gpus, gpus_room;
	struct view_given *allocation; /* of the nodes of which it is known */
	unsigned n_allocation, allocation_room;
	struct sum *runs; /* by restarts */
	int *restarts;    /* of each run */
	unsigned n_runs;
	int given;               /* GPUs of all nodes; -1: not known of some */
	unsigned tasks;          /* as the launchers said, else as many as were seen */
	unsigned worked, silent; /* silent: nodes without a record */
	bool unlisted;           /* it is not known which nodes it had */
	unsigned partial;        /* sessions whose own reports have gaps */
	uint64_t lost, unreadable;
	char words[256]; /* one plain sentence */
};

/* What a list names and sent nothing: as many as Slurm has, or, of many jobs, enough to show. */
enum view_silent { VIEW_ALL = NODES_MAX, VIEW_SOME = 64 };

/* -1: no memory. */
int view_make(struct view *view, const struct job *job, enum view_silent most);
void view_free(struct view *view);

#endif
