/* SPDX-License-Identifier: MIT */
/* What the parts of client-bound share. */
#ifndef E2E_BOUND_H
#define E2E_BOUND_H

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

typedef int launch_function SIM_LAUNCH;

extern launch_function *const bound_table[2]; /* bound-part.c */
launch_function bound_chosen;

/* One kernel, by that address; the driver is initialised, and a context is this thread's. */
static inline void launch_by(launch_function *launch)
{
	void *module = NULL, *kernel = NULL, *none[] = { NULL };

	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&kernel, module, "sim_noop"));
	CHECK(launch(kernel, 1, 1, 1, 1, 1, 1, 0, NULL, none, NULL));
}

#endif
