/* SPDX-License-Identifier: MIT */
/*
 * The routines of hooks.S and the places in them that C knows.
 */
#ifndef GPUSPY_HOOKS_ROUTINES_H
#define GPUSPY_HOOKS_ROUTINES_H

#include <stdbool.h>
#include <stdint.h>

enum routine_kind {
	ROUTINE_PASS,   /* jumps on; for a hook whose count has no room */
	ROUTINE_COUNT,  /* counts the call and jumps on; for functions that return no status */
	ROUTINE_STATUS, /* counts the call, makes it, and looks at the status that it returns */
	ROUTINE_AFTER,  /* as that, with the observer's function after the call */
	ROUTINE_AFTER_STACK, /* and its arguments on the stack, of a function that has such */
	ROUTINE_OBSERVED,    /* with the observer's function before the call too */
	ROUTINE_OBSERVED_STACK,
	ROUTINE_LAUNCH, /* after success, with the 1st and the 9th argument alone */
	ROUTINES,
};

struct routine {
	const char *start;
	const char *enter;   /* where a call goes on that may take the next frame; NULL: no frame */
	const char *returns; /* where the target returns to */
	const char *before; /* where the observer's functions do, before and after it; NULL: none */
	const char *after;
};

extern const struct routine routines[ROUTINES];

/* The routine that begins at that address, NULL: none. */
const struct routine *routine_at(const void *start);

/* Is it an address to which a target returns? */
bool routine_is_return(uintptr_t address);

#endif
