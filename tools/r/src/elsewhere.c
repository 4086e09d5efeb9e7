/* SPDX-License-Identifier: MIT */
/*
 * For systems where there is nothing to watch: R finds no routine, and says so in its own words.
 */
#define R_NO_REMAP
#include <R.h>
#include <Rinternals.h>
#include <R_ext/Rdynload.h>
#include <R_ext/Visibility.h>

void attribute_visible R_init_gpuspy(DllInfo *library);

void attribute_visible R_init_gpuspy(DllInfo *library)
{
	R_registerRoutines(library, NULL, NULL, NULL, NULL);
	R_useDynamicSymbols(library, FALSE);
}
