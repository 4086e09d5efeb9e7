/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include <time.h>

static uint64_t clock_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void budget_begin(struct budget *budget)
{
	*budget = (struct budget){ .cpu_end = clock_of(CLOCK_THREAD_CPUTIME_ID) + BUDGET_CPU_NS,
		.wall_end = clock_of(CLOCK_MONOTONIC) + BUDGET_CPU_NS,
		.memory = BUDGET_MEMORY };
}

/* The first clock needs no system call. */
bool budget_time(const struct budget *budget)
{
	return clock_of(CLOCK_MONOTONIC) < budget->wall_end ||
	       clock_of(CLOCK_THREAD_CPUTIME_ID) < budget->cpu_end;
}

bool budget_take(struct budget *budget, size_t size)
{
	if (size > budget->memory)
		return false;
	budget->memory -= size;
	return true;
}
