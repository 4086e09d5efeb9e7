/* SPDX-License-Identifier: MIT */
#include "ticks.h"

#include <sys/auxv.h>
#include <time.h>

static uint64_t nanoseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t nanoseconds_each(void)
{
	unsigned long per_second = getauxval(AT_CLKTCK);

	return 1000000000u / (per_second ? per_second : 100);
}

uint64_t ticks_now(void)
{
	return nanoseconds_now() / nanoseconds_each();
}

uint64_t ticks_age(uint64_t start)
{
	uint64_t began = start * nanoseconds_each(), now = nanoseconds_now();

	return start && now > began ? now - began : 0;
}
