/* SPDX-License-Identifier: MIT */
/*
 * A call into the driver of gpuspy's own. It goes past the hooks and is noted as own_calls of the
 * function's row. Static, with the name alone to begin with.
 */
#ifndef GPUSPY_OBSERVERS_OWN_CALL_H
#define GPUSPY_OBSERVERS_OWN_CALL_H

#include "../hooks/hooks.h"

struct own_call {
	const char *name;
	void *function;
	struct hook *hook;
};

/* The function to call now; NULL: the driver has none of that name. */
void *own_call(struct own_call *call);

#endif
