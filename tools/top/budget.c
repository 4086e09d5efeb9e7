/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include <time.h>

static uint64_t clock_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void budget_begin(struct budget *budget, struct allowance allowance)
{
	uint64_t ns = allowance.cpu_ns ? allowance.cpu_ns : BUDGET_CPU_NS;

	*budget = (struct budget){ .cpu_end = clock_of(CLOCK_THREAD_CPUTIME_ID) + ns,
		.wall_end = clock_of(CLOCK_MONOTONIC) + ns,
		.memory = allowance.memory ? allowance.memory : BUDGET_MEMORY };
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
