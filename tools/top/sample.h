/* SPDX-License-Identifier: MIT */
/*
 * One look at everything that is watched: all processes at one moment.
 */
#ifndef GPUSPY_TOP_SAMPLE_H
#define GPUSPY_TOP_SAMPLE_H

#include "driver.h"
#include "folders.h"

struct sampled_process {
	struct process_snapshot process; /* all its images; KILLED where that is known */
	const char *session;
	uid_t uid;
	char run_state;               /* R, S, T, Z, ... as proc(5), 0: gone */
	unsigned missed;              /* segments of its session that were not read */
	struct session_unseen unseen; /* of its session */
	const struct summed *summed;  /* likewise, NULL: none */
	/* Its functions, kernels and libraries are as they stand in the segment, for sorting them
	 * would cost most of a sample: sample_order. */
	bool unordered;
	struct host_use use; /* of one that is there; of many not read anew in each sample */
};

struct sample {
	struct arena arena;    /* what is of this sample alone */
	uint64_t monotonic_ns; /* when it was taken */
	uint64_t realtime_ns;
	struct sampled_process *processes; /* by session, pid and start */
	unsigned n_processes;
	unsigned unreadable;   /* files and folders that are not as gpuspy makes them */
	unsigned left_out;     /* what was too much to read in one sample */
	unsigned unwanted;     /* processes and sessions that were not asked for */
	struct image **images; /* that the processes point into */
	unsigned n_images;
	struct driver driver;
	struct sample *next; /* of those that are to be freed */
};

struct sampler {
	struct folders folders;
	const pid_t *pids; /* only these; NULL: all */
	unsigned n_pids;
	/* At the last sample. */
	unsigned kept; /* descriptors */
	unsigned living, samples;
	struct nvml *nvml; /* NULL: none */
};

/* Descriptors of segments and of processes are kept: once, before the first sample. */
void sample_prepare(void);

/* NULL: no memory. Samples are freed by the thread that takes them. */
struct sample *sample_take(struct sampler *sampler);
void sample_free(struct sample *sample); /* NULL is fine */

/*
 * Of another machine or pid namespace: whether it lives is not known, and its figures may still
 * change.
 */
bool sample_elsewhere(const struct process_snapshot *process);

/* Puts the lists of a process in order, before they are shown. -1: no memory. */
int sample_order(struct sampled_process *process);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t sample_clock(void);

#endif
