/* SPDX-License-Identifier: MIT */
/*
 * How a driver function is exported.
 *
 *     FUNCTION(cuMemFree_v2, (cu_pointer address), (address))
 *     {
 *             ... the body, which runs under the simulator's lock ...
 *     }
 *
 * makes the exported function and its private twin (what cuGetProcAddress gives with
 * SIM_PROC_PRIVATE). Both count the call in the ledger, let SIM_FAIL answer, check that the driver
 * is initialised and the context sound (as exports_*.h says), run the body and count errors.
 * FUNCTION_PTSZ and FUNCTION_PTDS add the per-thread default stream entry point, ALIAS another
 * name for a body with the same arguments.
 */
#ifndef SIM_EXPORT_H
#define SIM_EXPORT_H

#include "../../preload/cuda/abi.h"

#include <stdbool.h>

/* When a function may be called. */
enum export_needs {
	NEEDS_NOTHING,
	NEEDS_INIT,    /* else NOT_INITIALIZED */
	NEEDS_CONTEXT, /* a current one, else INVALID_CONTEXT; and no fault in it */
	UNSUPPORTED,   /* counted, and answered with NOT_SUPPORTED */
};

struct export
{
	const char *name;
	int since; /* the CUDA version that brought this entry point */
	enum export_needs needs;
	void *entry;   /* the exported address */
	void *private; /* the private twin */
};

/* Numbers of the exports. */
enum export_id {
#define EXPORT(name, since, needs) ID_##name,
#include "exports_core.h"
#include "exports_memory.h"
#include "exports_stream.h"
#undef EXPORT
	EXPORTS
};

extern const struct export exports[EXPORTS];

/* Take the lock; the status with which to answer without running the body, or CU_OK. */
enum cu_status call_begin(enum export_id id, bool per_thread);
/* Count an error and release the lock. */
enum cu_status call_end(enum export_id id, enum cu_status status);
/* Call a function of the program's, without the lock. */
void call_out(void (*function)(void *), void *data);
/* 1: the exported entry being run takes handle 0 as this thread's default stream. */
bool call_per_thread(void);
bool call_is_private(void); /* SIM_PROC_PRIVATE */

#define SIM_PUBLIC __attribute__((visibility("default")))

#define SIM_ENTRY(name, body, per_thread, args)                                 \
	{                                                                       \
		enum cu_status call_status = call_begin(ID_##name, per_thread); \
                                                                                \
		if (call_status == CU_OK)                                       \
			call_status = body args;                                \
		return call_end(ID_##name, call_status);                        \
	}

#define SIM_ENTRIES(name, body, per_thread, params, args)                          \
	SIM_PUBLIC enum cu_status name params;                                     \
	enum cu_status private_##name params;                                      \
	enum cu_status name params SIM_ENTRY(                                      \
		name, body, per_thread, args) enum cu_status private_##name params \
	SIM_ENTRY(name, body, per_thread, args)

#define FUNCTION(name, params, args)                        \
	static enum cu_status body_##name params;           \
	SIM_ENTRIES(name, body_##name, false, params, args) \
	static enum cu_status body_##name params

#define FUNCTION_PTSZ(name, params, args)                         \
	static enum cu_status body_##name params;                 \
	SIM_ENTRIES(name##_ptsz, body_##name, true, params, args) \
	FUNCTION(name, params, args)

#define FUNCTION_PTDS(name, params, args)                         \
	static enum cu_status body_##name params;                 \
	SIM_ENTRIES(name##_ptds, body_##name, true, params, args) \
	FUNCTION(name, params, args)

#define ALIAS(name, of, params, args) SIM_ENTRIES(name, body_##of, false, params, args)

#endif
