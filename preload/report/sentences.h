/* SPDX-License-Identifier: MIT */
/*
 * The sentences of the report: what happened, by what it was seen, and what to do next.
 */
#ifndef GPUSPY_REPORT_SENTENCES_H
#define GPUSPY_REPORT_SENTENCES_H

#include "../segment/snapshot.h"
#include "format.h"

typedef void sentence(struct text *text, const struct session_snapshot *session);

sentence say_completed, say_few, say_no_sync, say_fault, say_no_kernel, say_never_asked;
sentence say_driver_missing, say_stub, say_too_old, say_mismatch, say_compat, say_no_device,
	say_hidden, say_init_failed, say_library_missing;
sentence say_not_in_kernel, say_files_closed, say_mig, say_no_image, say_out_of_memory,
	say_launch_failed, say_fork, say_reserved, say_only_copies, say_cpu_build;

sentence show_few, show_fault, show_idle, show_loaded, show_driver_missing, show_status,
	show_versions, show_library_missing, show_children, show_files, show_no_image,
	show_out_of_memory, show_framework, show_fork;

sentence advise_sync, advise_few, advise_fault, advise_idle, advise_unused, advise_driver,
	advise_stub, advise_too_old, advise_mismatch, advise_compat, advise_device, advise_hidden,
	advise_init, advise_library, advise_not_in_kernel, advise_files, advise_mig,
	advise_no_image, advise_out_of_memory, advise_launch_failed, advise_cpu_build, advise_fork;

/* Where the driver's own log can be had. */
void put_log_advice(struct text *text, const struct session_snapshot *session);

/* "if the other libcuda ...: take FOLDER out of LD_LIBRARY_PATH; else "; nothing if there is none.
 */
void put_other_driver_step(struct text *text, const struct session_snapshot *session);

/* "cuMemAlloc_v2 returned CUDA_ERROR_OUT_OF_MEMORY" */
struct function_figures;
void put_failure(struct text *text, const struct function_figures *function);

#endif
