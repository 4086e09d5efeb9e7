/* SPDX-License-Identifier: MIT */
/*
 * What one user's segments may cost in one sample. Files are made by users, and the viewer may be
 * root's: what one of them lays out must not slow down or fill the viewer of another.
 *
 * The limits hold for each user: 100 ms and 20 MiB a sample in all, of which reading gets what is
 * below; drawing, adding up images of one process and judging sessions take the rest.
 */
#ifndef GPUSPY_TOP_BUDGET_H
#define GPUSPY_TOP_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BUDGET_CPU_NS = 60000000, /* of this thread: a busy machine leaves nobody out */
	BUDGET_MEMORY = 10 << 20,
	BUDGET_PROCESS = 8 << 10, /* what the model keeps of each process beside its figures */
	BUDGET_SCRATCH = 1 << 20, /* what reading one segment takes and gives back */
	BUDGET_FILES = 4096,
};

struct budget {
	uint64_t cpu_end;  /* CLOCK_THREAD_CPUTIME_ID */
	uint64_t wall_end; /* CLOCK_MONOTONIC: until then the other cannot have come */
	size_t memory;     /* what is left */
	unsigned left_out;
};

/* What there is of it for one user in one sample; 0: the above. */
struct allowance {
	uint64_t cpu_ns;
	size_t memory;
};

void budget_begin(struct budget *budget, struct allowance allowance);

/* Is there time left? */
bool budget_time(const struct budget *budget);

/* Takes so much, if it is there. */
bool budget_take(struct budget *budget, size_t size);

#endif
