/* SPDX-License-Identifier: MIT */
/*
 * Which libraries are NVIDIA's, which layer their functions count in, and which of their functions
 * return no status.
 */
#ifndef GPUSPY_CUDA_LAYERS_H
#define GPUSPY_CUDA_LAYERS_H

#include <stdbool.h>

#include "../segment/layout.h"

enum { LAYER_NONE = -1 };

/*
 * The layer of a library by its file name or SONAME (a folder before it is ignored): exact family,
 * optional hash of a wheel, ".so", optional version. LAYERS: NVIDIA's, but nothing of it is
 * counted; LAYER_NONE: not NVIDIA's.
 */
int layer_of_library(const char *name);

/* A name that a loader is asked for and that is, or stands for, a library of NVIDIA's. */
bool layer_is_asked(const char *name);

/* What people call a library that computes on the GPU and of which no call is counted; NULL: none.
 */
const char *layer_uncounted(const char *name);

/* A profiler or debugger that CUDA loads into programs, by its library; NULL: it is none. */
const char *layer_tool(const char *name);

/* Are a library's functions named otherwise than CUDA's are (createInferBuilder_INTERNAL)? */
bool layer_has_own_names(const char *library);

/* False for functions that return something else than a status, or nothing. */
bool layer_returns_status(enum segment_layer layer, const char *function);

/* An answer of a query that is no error. */
bool layer_not_ready(enum segment_layer layer, int status);

#endif
