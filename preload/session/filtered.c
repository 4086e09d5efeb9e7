/* SPDX-License-Identifier: MIT */
#include "filtered.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../ground/filter.h"
#include "environment.h"

static bool kills, kills_before;
static bool kills_counting, kills_counting_before;

/*
 * The kernel is asked, for it says EFAULT to a program that gives a wrong one: rt_sigprocmask(2)
 * reads eight bytes, and then knows no such way to set a mask.
 */
static bool is_readable(const void *from, size_t size)
{
	uintptr_t first = (uintptr_t)from & ~(uintptr_t)7, end = (uintptr_t)from + size;

	if (end < first)
		return false;
	for (uintptr_t at = first; at < end; at = (at | 4095) + 1)
		if (syscall(SYS_rt_sigprocmask, -1, at, NULL, 8) != -1 || errno == EFAULT)
			return false;
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
