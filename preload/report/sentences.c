/* SPDX-License-Identifier: MIT */
#include "sentences.h"

#include <string.h>

#include "../loader/frameworks.h"
#include "errors.h"
#include "facts.h"
#include "missing.h"

enum { NAME_COLUMNS = 60, PATH_COLUMNS = 120 };

static void put_devices(struct text *text, const struct figures *figures)
{
	const struct device_figures *one = NULL;
	unsigned used = 0;

	for (unsigned i = 0; i < figures->n_devices; i++) {
		if (!figures->devices[i].kernels)
			continue;
		one = &figures->devices[i];
		used++;
	}
	if (used > 1)
		text_putf(text, "%u devices", used);
	else if (used && one->name)
		text_put_escaped(text, one->name, NAME_COLUMNS);
	else
		text_put(text, "the GPU");
}

static void put_status(struct text *text, enum segment_layer layer, int status)
{
	char unknown[ERROR_NAME_MAX];

	text_put(text, error_name(layer, status, unknown));
}

/* Another way to start the program would have loaded another libcuda. */
static void put_other_driver(struct text *text, const struct figures *figures)
{
	const struct library_figures *other = facts_other_driver(figures);

	if (!other)
		return;
	text_put(text, "; there is another libcuda: ");
	text_put_escaped(text, other->path, PATH_COLUMNS);
	if (other->error) {
		text_put(text, ", ");
		text_put_escaped(text, other->error, PATH_COLUMNS);
	}
}

static void put_kernels(struct text *text, const struct figures *figures)
{
	text_put_counted(text, figures->totals.kernels, "kernel", "kernels");
}

void say_completed(struct text *text, const struct session_snapshot *session)
{
	const struct totals *totals = &session->figures.totals;

	put_kernels(text, &session->figures);
	text_put(text, " ran on ");
	put_devices(text, &session->figures);
	if (totals->confirmed == totals->kernels) {
		text_put(text, " and finished");
		return;
	}
	text_put(text, ", ");
	text_put_count(text, totals->confirmed);
	text_put(text, " of them seen to have finished");
}

void say_few(struct text *text, const struct session_snapshot *session)
{
	put_kernels(text, &session->figures);
	text_put(text, " in ");
	text_put_seconds(text, snapshot_session_seconds(session));
	text_put(text, ", on ");
	put_devices(text, &session->figures);
}

/* Memory that was taken and copies that went make it no more. */
void show_few(struct text *text, const struct session_snapshot *session)
{
	const struct totals *totals = &session->figures.totals;
	double first = snapshot_first_kernel(session);
	double left = snapshot_session_seconds(session) - session->recorded.last_kernel;
	uint64_t bytes = 0;

	for (int i = 0; i < COPY_KINDS; i++)
		bytes += totals->copies[i].bytes;
	text_put(text, "the first kernel ran ");
	if (first >= 0) {
		text_put_seconds(text, first);
		text_put(text, " after the start");
	} else {
		text_put(text, "at an unknown time");
	}
	/* A record's clock starts before the command's: the difference can be below nothing. */
	if (session->recorded.known && left >= 0) {
		text_put(text, ", the last ");
		text_put_seconds(text, left);
		text_put(text, " before the end");
	}
	text_put(text, "; ");
	text_put_bytes(text, totals->memory.peak_bytes);
	text_put(text, " of memory were taken, ");
	text_put_bytes(text, bytes);
	text_put(text, " copied or set");
}

void say_no_sync(struct text *text, const struct session_snapshot *session)
{
	put_kernels(text, &session->figures);
	text_put(text, " launched on ");
	put_devices(text, &session->figures);
	text_put(text, ", but nothing waited for a result");
}

void say_fault(struct text *text, const struct session_snapshot *session)
{
	text_put(text, "the device reported ");
	put_status(text, LAYER_DRIVER, session->figures.driver.fault_status);
	text_put(text, " after ");
	text_put_counted(text, session->figures.totals.kernels, "kernel launch", "kernel launches");
}

void say_no_kernel(struct text *text, const struct session_snapshot *session)
{
	const struct totals *totals = &session->figures.totals;

	text_put(text, "the GPU was ready");
	if (totals->memory.allocated_bytes) {
		text_put(text, " and ");
		text_put_bytes(text, totals->memory.peak_bytes);
		text_put(text, " of its memory were taken");
	}
	text_put(text, ", but no kernel ran");
}

void say_never_asked(struct text *text, const struct session_snapshot *session)
{
	const struct framework *framework = facts_idle_framework(&session->figures);

	if (framework)
		text_putf(text,
			"%s's build for GPUs was loaded, but the program never asked for "
			"the GPU",
			framework->name);
	else
		text_put(text, facts_library_loaded(&session->figures)
				       ? "CUDA was loaded, but the program never asked for the GPU"
				       : "the program never asked for the GPU");
	if (facts_attached(session))
		text_put(text, " since gpuspy was loaded into it");
}

void say_driver_missing(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text,
		"the program asked for the GPU, but the NVIDIA driver (libcuda.so.1) is missing");
}

void say_stub(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(
		text, "the CUDA toolkit's stub of libcuda was loaded instead of the NVIDIA driver");
}

void say_too_old(struct text *text, const struct session_snapshot *session)
{
	const struct driver_facts *driver = &session->figures.driver;

	text_put(text, "the NVIDIA driver is too old for ");
	if (facts_gave_up(&session->figures)) {
		text_put(text, "this program: it has no ");
		text_put_escaped(text, driver->missing_entry, NAME_COLUMNS);
		return;
	}
	text_put(text, "the CUDA of this program");
}

void say_mismatch(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "libcuda and the NVIDIA driver in the kernel are of different versions");
}

void say_compat(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "the NVIDIA driver is too old, and CUDA's compatibility package does not "
		       "support this GPU");
}

void say_no_device(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "the NVIDIA driver found no GPU");
}

void say_hidden(struct text *text, const struct session_snapshot *session)
{
	text_put(text, session->figures.driver.visible_by_program
			       ? "no GPU is visible: the program itself set CUDA_VISIBLE_DEVICES "
				 "to \""
			       : "no GPU is visible: CUDA_VISIBLE_DEVICES is set to \"");
	text_put_escaped(text, session->figures.driver.visible, NAME_COLUMNS);
	text_put(text, "\"");
}

void say_init_failed(struct text *text, const struct session_snapshot *session)
{
	const struct driver_facts *driver = &session->figures.driver;

	if (driver->init_calls && !driver->init_ok)
		text_put(text, "the NVIDIA driver could not be initialised");
	else
		text_put(text, "the program asked for the GPU, and its call failed");
}

void put_failure(struct text *text, const struct function_figures *function)
{
	text_put_escaped(text, function->name, NAME_COLUMNS);
	text_put(text, " returned ");
	put_status(text, function->layer, function->last_error);
}

static void put_failing(struct text *text, const struct figures *figures)
{
	const struct function_figures *function = facts_failing(figures);

	if (function)
		put_failure(text, function);
}

void show_fault(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;

	if (figures->driver.fault_name) {
		text_put_escaped(text, figures->driver.fault_name, NAME_COLUMNS);
		text_put(text, " returned it first, ");
	}
	text_put_counted(text, figures->totals.faults, "call", "calls");
	text_put(text, " in all");
}

/* What the program did with the GPU short of a kernel. */
void show_idle(struct text *text, const struct session_snapshot *session)
{
	static const char *const captures[] = {
		[CAPTURES_ENDED] = "",
		[CAPTURES_OPEN] = ", a capture was begun and never ended",
		[CAPTURES_BROKEN] = ", a capture was broken and gave no graph",
	};
	const struct figures *figures = &session->figures;
	uint64_t copies = 0;

	for (int i = 0; i < COPY_KINDS; i++)
		copies += figures->totals.copies[i].calls;
	text_put_counted(text, figures->totals.memory.allocations, "allocation", "allocations");
	text_put(text, ", ");
	text_put_counted(text, copies, "copy", "copies");
	if (figures->totals.captured_launches) {
		text_put(text, ", ");
		text_put_counted(text, figures->totals.captured_launches, "launch", "launches");
		text_put(text, " recorded in graphs that did not run");
	}
	text_put(text, captures[facts_captures(figures)]);
	if (!facts_failing(figures))
		return;
	text_put(text, ", ");
	text_put_counted(text, figures->totals.errors, "call", "calls");
	text_put(text, " failed: ");
	put_failing(text, figures);
}

void show_loaded(struct text *text, const struct session_snapshot *session)
{
	const struct library_figures *library = facts_library_loaded(&session->figures);

	if (!library) {
		text_put(text, "no CUDA library was loaded or looked for");
		return;
	}
	text_put_escaped(text, library->path ? library->path : library->name, PATH_COLUMNS);
	text_put(text, " was loaded; the driver was not initialised");
}

static void put_answer(struct text *text, const struct figures *figures)
{
	int status = facts_status(figures);

	if (figures->driver.init_calls && !figures->driver.init_ok && status)
		text_put(text, "cuInit returned ");
	else if (status)
		text_put(text, "the CUDA runtime returned ");
	else if (figures->totals.errors && facts_failing(figures))
		put_failing(text, figures);
	else if (figures->driver.device_count == 0)
		text_put(text, "the driver counts 0 devices");
	else if (figures->driver.missing_entry)
		text_put(text, "libcuda was looked through in vain");
	else
		text_put(text, "libcuda was asked for no more than its version");
	if (status)
		put_status(text, facts_status_layer(figures), status);
}

void show_status(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;

	put_answer(text, figures);
	if (figures->driver.path) {
		text_put(text, " (");
		text_put_escaped(text, figures->driver.path, PATH_COLUMNS);
		text_put(text, ")");
	}
	put_other_driver(text, figures);
}

void show_driver_missing(struct text *text, const struct session_snapshot *session)
{
	const struct library_figures *library = facts_driver_missing(&session->figures);

	if (library)
		put_loader_error(text, session, library);
	else
		show_status(text, session);
}

void show_versions(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;
	const struct library_figures *runtime = facts_layer_library(figures, LAYER_RUNTIME);

	if (facts_static_too_old(figures))
		text_put_escaped(text, figures->driver.path ? figures->driver.path : "libcuda",
			PATH_COLUMNS);
	else
		show_status(text, session);
	if (figures->driver.version) {
		text_put(text, facts_static_too_old(figures) ? ": " : ", ");
		text_put(text, "the driver is for CUDA ");
		layer_version(text, LAYER_DRIVER, figures->driver.version);
	}
	if (figures->driver.missing_entry && !facts_static_too_old(figures)) {
		text_put(text, ", it has no ");
		text_put_escaped(text, figures->driver.missing_entry, NAME_COLUMNS);
	}
	if (runtime) {
		text_put(text, ", the program uses ");
		text_put_escaped(text, runtime->name, NAME_COLUMNS);
	} else if (figures->driver.asked_version) {
		/* The static runtime asks for each entry in the version in which it changed last.
		 */
		text_put(text, ", the program is built for CUDA ");
		layer_version(text, LAYER_DRIVER, figures->driver.asked_version);
	}
}
