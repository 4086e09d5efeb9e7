/*
 * One look at everything that is watched: all processes at one moment.
 */
#ifndef GPUSPY_TOP_SAMPLE_H
#define GPUSPY_TOP_SAMPLE_H

#include "folders.h"
#include "../nvml.h"

struct sampled_process {
	struct process_snapshot process; /* all its images; KILLED where that is known */
	const char *session;
	uid_t uid;
	char run_state; /* R, S, T, Z, ... as proc(5), 0: gone */
};

struct sample {
	struct arena arena;    /* what is of this sample alone */
	uint64_t monotonic_ns; /* when it was taken */
	uint64_t realtime_ns;
	struct sampled_process *processes; /* by session, pid and start */
	unsigned n_processes;
	unsigned unreadable;   /* files and folders that were left out */
	struct image **images; /* that the processes point into */
	unsigned n_images;
	struct nvml_figures nvml; /* the driver's own figures, where there are any */
	struct sample *next;      /* of those that are to be freed */
};

struct sampler {
	struct folders folders;
	const pid_t *pids; /* only these; NULL: all */
	unsigned n_pids;
	unsigned pinned;   /* descriptors of processes */
	struct nvml *nvml; /* NULL: none */
};

/* NULL: no memory. Samples are freed by the thread that takes them. */
struct sample *sample_take(struct sampler *sampler);
void sample_free(struct sample *sample); /* NULL is fine */

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t sample_clock(void);

#endif
