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

extern const char hook_observed_before[], hook_observed_stack_before[];
extern const char hook_after_only_after[], hook_after_only_stack_after[];
extern const char hook_observed_after[], hook_observed_stack_after[];

#undef FRAMED
#define FRAMED(name, before, after)                              \
	{                                                        \
		name, name##_enter, name##_return, before, after \
	}

const struct routine routines[ROUTINES] = {
	[ROUTINE_PASS] = { .start = hook_pass },
	[ROUTINE_COUNT] = { .start = hook_count },
	[ROUTINE_STATUS] = FRAMED(hook_status, NULL, NULL),
	[ROUTINE_AFTER] = FRAMED(hook_after_only, NULL, hook_after_only_after),
	[ROUTINE_AFTER_STACK] = FRAMED(hook_after_only_stack, NULL, hook_after_only_stack_after),
	[ROUTINE_OBSERVED] = FRAMED(hook_observed, hook_observed_before, hook_observed_after),
	[ROUTINE_OBSERVED_STACK] =
		FRAMED(hook_observed_stack, hook_observed_stack_before, hook_observed_stack_after),
	[ROUTINE_LAUNCH] = FRAMED(hook_launch, NULL, NULL),
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
