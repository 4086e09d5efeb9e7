/* SPDX-License-Identifier: MIT */
/*
 * Jobs, put together from the records of their sessions and of their hosts.
 */
#ifndef GPUSPY_JOBS_JOBS_H
#define GPUSPY_JOBS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/verdict.h"
#include "table.h"

struct job_gpu {
	const char *uuid; /* NULL: not known */
	uint64_t kernels;
};

/* One that it was given, as the scheduler calls it. */
struct job_given {
	const char *id, *uuid; /* NULL: not known */
};

/* Names are those of names_keep(); NULL: not known. */
struct job_session {
	const char *key;   /* never NULL */
	const char *owner; /* whose it is; NULL: the site does not say */
	const char *id;    /* of the job, as its process has it */
	const char *node, *host, *step, *reason, *summary, *gpus;
	enum verdict verdict;
	int task, tasks, restarts; /* -1: not known */
	unsigned ranks, launched;  /* launched: launchers whose ranks are elsewhere */
	bool running, at_least, simulated, component; /* of a heterogeneous job */
	uint64_t kernels, confirmed;
	double started, ended, work_seconds; /* negative: not known */
	struct job_gpu *devices;
	unsigned n_devices;
};

/* What a host's Epilog said. */
struct job_host {
	const char *node, *host, *gpus, *nodes; /* node NULL: not known to who wrote it */
	struct job_given *given;                /* in the place of `gpus`; NULL: not told so */
	unsigned n_given;
	uint64_t lost, unreadable;
	double time;
};

/* A list of all nodes. */
struct job_nodes {
	const char *list;
	bool told; /* by an Epilog, not by what a process found in its environment */
};

struct job {
	const char *id;    /* as people ask for it: of an element of an array, 9_5 */
	const char *owner; /* its user, or the number of one without a name */
	bool owner_told;   /* by an Epilog; else of the first record that knows it */
	struct job_session *sessions;
	unsigned n_sessions, sessions_room;
	struct table table; /* by key */
	unsigned missing;   /* started elsewhere, and nothing has come from there */
	unsigned strangers; /* sessions of others that name this job, which were left out */
	struct job_host *hosts;
	unsigned n_hosts, hosts_room;
	struct job_nodes *nodes; /* each list once */
	unsigned n_nodes, nodes_room;
	bool unlisted; /* there are more lists than are kept */
};

struct jobs {
	struct job **all;
	unsigned count, room;
	struct table table; /* by ID */
	const char *
		wanted; /* one job, with all its elements and components; NULL: all, each its own */
	const char *origin; /* what that session started alone, and itself; NULL: any */
	uint64_t broken;    /* lines that are no records */
	bool full;          /* no memory */
};

/* A line of a folder of records, which is taken apart. -1: no memory. */
int jobs_take_line(void *jobs, char *line, size_t length);

/* When all lines are taken: anybody can name any job, so sessions of others are left out. */
void jobs_settle(struct jobs *jobs);

void jobs_free(struct jobs *jobs);

#endif
