/* SPDX-License-Identifier: MIT */
/* rpkg-real.so: the same calls from a library that R opens by dyn.load and calls by .C(). */
#include "real.h"

void rpkg_real(const int *rounds);

void rpkg_real(const int *rounds)
{
	real_run(*rounds);
}
