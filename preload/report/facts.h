/* SPDX-License-Identifier: MIT */
/*
 * What the verdict asks about a session, each as one question.
 */
#ifndef GPUSPY_REPORT_FACTS_H
#define GPUSPY_REPORT_FACTS_H

#include "../segment/snapshot.h"

/* Statuses that decide; the driver's and the runtime's have the same numbers here. */
enum {
	STATUS_STUB = 34,             /* CUDA_ERROR_STUB_LIBRARY */
	STATUS_DRIVER_TOO_OLD = 35,   /* cudaErrorInsufficientDriver */
	STATUS_NO_DEVICE = 100,       /* CUDA_ERROR_NO_DEVICE */
	STATUS_DRIVER_MISMATCH = 803, /* CUDA_ERROR_SYSTEM_DRIVER_MISMATCH */
	STATUS_COMPAT = 804,          /* CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE */
};

/* The first status other than success on the way to the GPU: cuInit's, else the runtime's; 0: none.
 */
int facts_status(const struct figures *figures);
/* Its name, and who returned it. */
/* Was that the last error of some driver function? */
bool facts_driver_answered(const struct figures *figures, int status);

enum segment_layer facts_status_layer(const struct figures *figures);

bool facts_driver_loaded(const struct figures *figures);

/* libcuda as it was asked for in vain; NULL: it was not asked for, or is there. */
const struct library_figures *facts_driver_missing(const struct figures *figures);

/* A loaded library of NVIDIA's; NULL: none. */
const struct library_figures *facts_library_loaded(const struct figures *figures);

/* The loaded library of a layer, the one with a known version first; NULL: none. */
const struct library_figures *facts_layer_library(
	const struct figures *figures, enum segment_layer layer);

/* CUDA_VISIBLE_DEVICES can be the cause that there is no device. */
bool facts_devices_hidden(const struct figures *figures);

/* A value of CUDA_VISIBLE_DEVICES that hides every device of any machine; NULL does not. */
bool facts_hides_all(const char *visible);
/* The same of the program's own. */
bool facts_all_hidden(const struct figures *figures);

/* A function was looked up in the driver in vain, and the program asked no more. */
bool facts_gave_up(const struct figures *figures);

/* A program with its own copy of the CUDA runtime found the driver too old for that. */
bool facts_static_too_old(const struct figures *figures);

/* A libcuda that another way to start the program would load; NULL: none is known. */
const struct library_figures *facts_other_driver(const struct figures *figures);

/* What became of the captures of streams that were begun. */
enum captures {
	CAPTURES_ENDED, /* or there were none */
	CAPTURES_OPEN,
	CAPTURES_BROKEN, /* some ended without a graph */
};
enum captures facts_captures(const struct figures *figures);

/* A library of another version that is loaded, or known to be there; NULL: none. */
const struct library_figures *facts_other_version(const struct figures *figures, const char *name);

/* A call that failed for that reason; NULL: none did. */
const struct function_figures *facts_no_image(const struct figures *figures);
const struct function_figures *facts_out_of_memory(const struct figures *figures);
const struct function_figures *facts_failing_launch(const struct figures *figures);

/* So few kernels for the session's time that they may be no more than a framework's start. */
bool facts_few_kernels(const struct session_snapshot *session);

/* gpuspy was loaded into the session's first process while that ran. */
bool facts_attached(const struct session_snapshot *session);

/* One of its processes goes on, as far as is known. */
bool facts_running(const struct session_snapshot *session);

/* R is among the session's programs. */
bool facts_is_r(const struct session_snapshot *session);

/* Half of a device's memory, or more, was taken. */
bool facts_reserved(const struct figures *figures);

/* Copies, without memset. */
uint64_t facts_copies(const struct figures *figures);

/* A failing function of the layer where a call failed first, counted from the program; NULL: none.
 */
const struct function_figures *facts_failing(const struct figures *figures);

/* The framework whose build has code for GPUs, if it is known how it is asked; NULL: none. */
const struct framework *facts_idle_framework(const struct figures *figures);

#endif
