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

struct job_gpu {
	const char *uuid; /* NULL: not known */
	uint64_t kernels;
};

/* Names are those of names_keep(); NULL: not known. */
struct job_session {
	uint64_t key;
	const char *node, *host, *step, *reason, *summary, *gpus;
	enum verdict verdict;
	int task, tasks, restarts; /* -1: not known */
	unsigned ranks;
	bool running, at_least, simulated;
	uint64_t kernels, confirmed;
	double started, ended, work_seconds; /* negative: not known */
	struct job_gpu *devices;
	unsigned n_devices;
};

/* What a host's Epilog said. */
struct job_host {
	const char *node, *host, *gpus, *nodes; /* node NULL: not known to who wrote it */
	uint64_t lost, unreadable, sessions;
	double time;
};

struct job {
	const char *id;   /* as people ask for it: of an element of an array, 9_5 */
	const char *user; /* of the first record that knows it */
	struct job_session *sessions;
	unsigned n_sessions, sessions_room;
	struct job_host *hosts;
	unsigned n_hosts, hosts_room;
	const char **nodes; /* lists of all nodes, each once */
	unsigned n_nodes, nodes_room;
};

struct jobs {
	struct job **all;
	unsigned count, room;
	struct job **table; /* by ID */
	size_t size;
	const char *
		wanted; /* one job, with all its elements and components; NULL: all, each its own */
	uint64_t broken; /* lines that are no records */
	bool full;       /* no memory */
};

/* A line of a folder of records, which is taken apart. -1: no memory. */
int jobs_take_line(void *jobs, char *line, size_t length);

void jobs_free(struct jobs *jobs);

#endif
