/* SPDX-License-Identifier: MIT */
#include "routines.h"

#include <stddef.h>

extern const char hook_pass[], hook_count[];

#define FRAMED(name) extern const char name[], name##_enter[], name##_return[]

FRAMED(hook_status);
FRAMED(hook_after_only);
FRAMED(hook_after_only_stack);
FRAMED(hook_observed);
FRAMED(hook_observed_stack);
FRAMED(hook_launch);

#undef FRAMED
#define FRAMED(name)                              \
	{                                         \
		name, name##_enter, name##_return \
	}

const struct routine routines[ROUTINES] = {
	[ROUTINE_PASS] = { hook_pass, NULL, NULL },
	[ROUTINE_COUNT] = { hook_count, NULL, NULL },
	[ROUTINE_STATUS] = FRAMED(hook_status),
	[ROUTINE_AFTER] = FRAMED(hook_after_only),
	[ROUTINE_AFTER_STACK] = FRAMED(hook_after_only_stack),
	[ROUTINE_OBSERVED] = FRAMED(hook_observed),
	[ROUTINE_OBSERVED_STACK] = FRAMED(hook_observed_stack),
	[ROUTINE_LAUNCH] = FRAMED(hook_launch),
};

const struct routine *routine_at(const void *start)
{
	for (unsigned i = 0; i < ROUTINES; i++)
		if (routines[i].start == start)
			return &routines[i];
	return NULL;
}

bool routine_is_return(uintptr_t address)
{
	for (unsigned i = 0; i < ROUTINES; i++)
		if (routines[i].returns && (uintptr_t)routines[i].returns == address)
			return true;
	return false;
}
