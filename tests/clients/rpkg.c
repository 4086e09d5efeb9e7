/* SPDX-License-Identifier: MIT */
/*
 * rpkg.so: what an R package with cuDNN inside looks like to the loader. R opens it by dyn.load,
 * so with RTLD_LOCAL, and calls it by .C(), which needs no header of R.
 */
#include "deep.h"

void rpkg_forward(const int *rounds, double *version, int *status);

void rpkg_forward(const int *rounds, double *version, int *status)
{
	*status = deep_run(*rounds, version);
}
