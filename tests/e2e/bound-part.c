/* SPDX-License-Identifier: MIT */
/* A library of client-bound's: a table of the driver's functions, and an IFUNC that is one. */
#include "bound.h"

launch_function *const bound_table[2] = { NULL, cuLaunchKernel };

__attribute__((used)) static launch_function *choose(void)
{
	return cuLaunchKernel;
}

int bound_chosen SIM_LAUNCH __attribute__((ifunc("choose")));
