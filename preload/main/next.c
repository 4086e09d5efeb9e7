/* SPDX-License-Identifier: MIT */
#include "next.h"

#include "../objects/functions.h"

struct next next;

_Static_assert(sizeof(next) / sizeof(void *) <= LOADER_NEXT_MAX, "");

#define NAME(name) #name "\0"

void next_find(void)
{
	loader_next_of((void **)&next, sizeof(next) / sizeof(void *),
		NEXT_STARTERS(NAME) NEXT_LEAVERS(NAME) NEXT_OPENERS(NAME) NEXT_ENDERS(NAME));
}
