/* SPDX-License-Identifier: MIT */
#include "filtered.h"

#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "../ground/filter.h"
#include "../ground/readable.h"
#include "environment.h"

static bool kills, kills_before;
static bool kills_counting, kills_counting_before;

static bool can_be_looked_at(const struct sock_fprog *filter)
{
	return readable_memory(filter, sizeof(*filter)) &&
	       readable_memory(filter->filter, filter->len * sizeof(*filter->filter));
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
