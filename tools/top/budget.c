/* SPDX-License-Identifier: MIT */
#include "budget.h"

#include <time.h>

static uint64_t cpu_time(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

void budget_begin(struct budget *budget)
{
	*budget = (struct budget){ .cpu_end = cpu_time() + BUDGET_CPU_NS, .memory = BUDGET_MEMORY };
}

bool budget_time(const struct budget *budget)
{
	return cpu_time() < budget->cpu_end;
}

bool budget_take(struct budget *budget, size_t size)
{
	if (size > budget->memory)
		return false;
	budget->memory -= size;
	return true;
}
