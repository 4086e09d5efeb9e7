/* SPDX-License-Identifier: MIT */
#include "filtered.h"

#include <linux/filter.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../ground/filter.h"
#include "environment.h"

static bool kills, kills_before;
static bool kills_counting, kills_counting_before;

/* The kernel is asked, for it says EFAULT to a program that gives a wrong one. */
static bool is_readable(const void *from, size_t size)
{
	uintptr_t end = (uintptr_t)from + size;

	if (end < (uintptr_t)from)
		return false;
	for (uintptr_t at = (uintptr_t)from; at < end; at = (at | 4095) + 1) {
		char byte;
		struct iovec here = { &byte, 1 }, there = { (void *)at, 1 };

		if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != 1)
			return false;
	}
	return true;
}

static bool can_be_looked_at(const struct sock_fprog *filter)
{
	return is_readable(filter, sizeof(*filter)) &&
	       is_readable(filter->filter, filter->len * sizeof(*filter->filter));
}

void filter_comes(const struct sock_fprog *filter)
{
	static char assignment[] = FILTER_VARIABLE "=1";

	kills_before = kills;
	kills_counting_before = kills_counting;
	if (kills || !filter || !can_be_looked_at(filter) || !filter_would_kill(filter))
		return;
	kills = true;
	kills_counting = filter_would_kill_counting(filter);
	environment_put(assignment);
}

void filter_fails(void)
{
	static char assignment[] = FILTER_VARIABLE "=0";

	if (kills && !kills_before)
		environment_put(assignment);
	kills = kills_before;
	kills_counting = kills_counting_before;
}

bool filter_kills(void)
{
	return kills;
}

bool filter_kills_counting(void)
{
	return kills_counting;
}

bool filter_is_inherited(void)
{
	const char *value = getenv(FILTER_VARIABLE);

	return value && !strcmp(value, "1");
}
