/* SPDX-License-Identifier: MIT */
/*
 * The functions of the driver API that are known, from CUDA 11 to 13.5, and why those that no
 * observer looks at need none.
 */
#ifndef GPUSPY_CUDA_FUNCTIONS_H
#define GPUSPY_CUDA_FUNCTIONS_H

#include <stdbool.h>

/* tests/driver holds the table against the observers, the headers and the runtime's look-ups. */
enum function_kind {
	FUNCTION_UNKNOWN, /* of a driver that is newer than this table */
	OBSERVED,         /* by a table in observers/ or doors/ */
	QUESTION,         /* asks, and changes nothing */
	SETTING,          /* of a device, context, stream, function, ... */
	HOST,             /* runs on the host */
	/* makes or changes a graph (it is read later), or what is no kernel in an executable one */
	GRAPH,
	GRAPHICS,   /* memory and events of a graphics API, for this one */
	VIEW,       /* textures, surfaces, tensor maps: views of memory */
	PARAMETER,  /* of the first CUDA's launches, piece by piece */
	TOOL,       /* errors, logs, checkpoints, core dumps, the profiler */
	FABRIC,     /* memory of several devices or machines under one address */
	LINKING,    /* makes code, and loads none */
	LOADING,    /* loads code; its kernels are known when they are looked up */
	SHARED,     /* memory and events of another process or API: its allocations, not ours */
	ORDER,      /* what waits for what; a word that is written or waited for */
	STREAM,     /* makes or ends streams and events; nothing is in them yet */
	POOL,       /* a pool is counted by what is allocated from it */
	ADDRESS,    /* addresses, and access to them, without memory */
	HINT,       /* where managed memory should lie */
	ENGINE,     /* of the device, for something else than kernels and copies */
	PARTITION,  /* parts of a device; no context until cuCtxFromGreenCtx */
	PRIVATE,    /* gives NVIDIA's libraries functions without names, which are not seen */
	OLD,        /* of before CUDA 3.2, addresses of 32 bits: calls only, no bytes */
	UNDECLARED, /* the runtime looks it up and no header has it: a call of it is a gap */
};

/* Of an exported name, without _ptsz and _ptds, of `length` characters. */
enum function_kind function_kind(const char *name, unsigned length);

/* May the function of an unknown name launch, copy, allocate, or decide what does? */
bool function_may_work(const char *name);

#endif
