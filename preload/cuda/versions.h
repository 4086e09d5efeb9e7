/* SPDX-License-Identifier: MIT */
/*
 * The forms of an entry point: cuMemAlloc, cuMemAlloc_v2, ...
 */
#ifndef GPUSPY_CUDA_VERSIONS_H
#define GPUSPY_CUDA_VERSIONS_H

/*
 * Which form cuGetProcAddress means by a name without suffix and a CUDA version (such as 3020): 1
 * for the name itself, 2 for NAME_v2, ... 4.
 */
int versions_form(const char *name, int version);

#endif
