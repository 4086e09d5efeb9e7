/* SPDX-License-Identifier: MIT */
#include "waiting.h"

#include <stddef.h>

static void (*start_now)(void);

void waiting_begin(void (*start)(void))
{
	start_now = start;
}

void waiting_ends(void)
{
	if (start_now)
		start_now();
}
