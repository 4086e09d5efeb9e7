/* SPDX-License-Identifier: MIT */
#include "filtered.h"

#include <linux/filter.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../ground/filter.h"
#include "environment.h"

static bool kills, kills_before;

void filter_comes(const struct sock_fprog *filter)
{
	static char assignment[] = FILTER_VARIABLE "=1";

	kills_before = kills;
	/* Some ask with other pointers to nothing. */
	if (kills || (uintptr_t)filter < 4096 || !filter->filter || !filter_would_kill(filter))
		return;
	kills = true;
	environment_put(assignment);
}

void filter_fails(void)
{
	static char assignment[] = FILTER_VARIABLE "=0";

	if (kills && !kills_before)
		environment_put(assignment);
	kills = kills_before;
}

bool filter_kills(void)
{
	return kills;
}

bool filter_is_inherited(void)
{
	const char *value = getenv(FILTER_VARIABLE);

	return value && !strcmp(value, "1");
}
