/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include <string.h>

#include "../loader/frameworks.h"
#include "../loader/search.h"

int facts_status(const struct figures *figures)
{
	const struct driver_facts *driver = &figures->driver;

	if (driver->init_calls && !driver->init_ok && driver->init_status)
		return driver->init_status;
	return driver->runtime_error;
}

enum segment_layer facts_status_layer(const struct figures *figures)
{
	const struct driver_facts *driver = &figures->driver;

	return driver->init_calls && !driver->init_ok && driver->init_status ? LAYER_DRIVER
									     : LAYER_RUNTIME;
}

bool facts_driver_answered(const struct figures *figures, int status)
{
	for (unsigned i = 0; i < figures->n_functions; i++)
		if (figures->functions[i].layer == LAYER_DRIVER &&
			figures->functions[i].last_error == status)
			return true;
	return false;
}

static bool is_driver(const struct library_figures *library)
{
	return loader_same_stem(library->name, "libcuda.so");
}

bool facts_driver_loaded(const struct figures *figures)
{
	if (figures->driver.path || figures->driver.init_calls ||
		figures->totals.calls[LAYER_DRIVER])
		return true;
	for (unsigned i = 0; i < figures->n_libraries; i++)
		if (is_driver(&figures->libraries[i]) && figures->libraries[i].loaded)
			return true;
	return false;
}

const struct library_figures *facts_driver_missing(const struct figures *figures)
{
	if (facts_driver_loaded(figures))
		return NULL;
	for (unsigned i = 0; i < figures->n_libraries; i++)
		if (is_driver(&figures->libraries[i]) && figures->libraries[i].asked)
			return &figures->libraries[i];
	return NULL;
}

const struct library_figures *facts_library_loaded(const struct figures *figures)
{
	for (unsigned i = 0; i < figures->n_libraries; i++)
		if (figures->libraries[i].loaded)
			return &figures->libraries[i];
	return NULL;
}

const struct library_figures *facts_layer_library(
	const struct figures *figures, enum segment_layer layer)
{
	const struct library_figures *found = NULL;

	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];

		if (library->loaded && library->layer == layer &&
			(!found || (library->version && !found->version)))
			found = library;
	}
	return found;
}

/*
 * The driver stops reading CUDA_VISIBLE_DEVICES at the first entry that names no device. So an
 * empty value, -1 or "none" hides all; so does a first entry that this machine has not, which
 * cannot be told from here: any but 0 is suspected. 0 is the first device of any machine with one.
 */
bool facts_devices_hidden(const struct figures *figures)
{
	const char *visible = figures->driver.visible;

	if (!visible)
		return false;
	while (*visible == ' ')
		visible++;
	return !(visible[0] == '0' && (visible[1] == 0 || visible[1] == ',' || visible[1] == ' '));
}

/* The driver was loaded, a look-up in it failed, and nothing was asked of it after that. */
bool facts_gave_up(const struct figures *figures)
{
	const struct driver_facts *driver = &figures->driver;

	return driver->path && driver->missing_entry && !driver->init_calls &&
	       !driver->runtime_error;
}

/*
 * The static runtime asks the driver for its version first, and goes no further if that is too old
 * for it: of another major version; before CUDA 11 any newer one was ("CUDA Compatibility").
 */
bool facts_static_too_old(const struct figures *figures)
{
	const struct driver_facts *driver = &figures->driver;
	const uint32_t own = driver->version, asked = driver->asked_version;

	return own && !driver->init_calls && asked > own &&
	       (asked / 1000 > own / 1000 || own < 11000);
}

const struct library_figures *facts_other_driver(const struct figures *figures)
{
	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];

		if (!library->loaded && !library->asked && library->path && is_driver(library))
			return library;
	}
	return NULL;
}

/* Does an end that answers so end the capture all the same? It was invalidated, or not joined. */
static bool ends_broken(int status)
{
	return status == 901 || status == 904;
}

/* What became of captures, by the functions whose name begins so. Of errors the last is known. */
struct capture_calls {
	uint64_t succeeded, failed;
	bool broken;
};

static struct capture_calls capture_calls(const struct figures *figures, const char *begins)
{
	struct capture_calls all = { .broken = false };

	for (unsigned i = 0; i < figures->n_functions; i++) {
		const struct function_figures *function = &figures->functions[i];

		if (function->layer != LAYER_DRIVER ||
			strncmp(function->name, begins, strlen(begins)) != 0)
			continue;
		all.succeeded += function->calls - function->errors;
		all.failed += function->errors;
		all.broken |= function->errors && ends_broken(function->last_error);
	}
	return all;
}

enum captures facts_captures(const struct figures *figures)
{
	struct capture_calls begun = capture_calls(figures, "cuStreamBeginCapture");
	struct capture_calls ended = capture_calls(figures, "cuStreamEndCapture");

	if (begun.succeeded > ended.succeeded + (ended.broken ? ended.failed : 0))
		return CAPTURES_OPEN;
	return ended.broken ? CAPTURES_BROKEN : CAPTURES_ENDED;
}

/* The driver reads up to the first entry that names no device: "-1,0" hides all, "0,-1" does not.
 */
bool facts_hides_all(const char *visible)
{
	static const char words[][12] = { "", "none", "void", "NoDevFiles" };
	size_t length;

	if (!visible)
		return false;
	visible += strspn(visible, " \t");
	length = strcspn(visible, ", \t");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (length == strlen(words[i]) && !strncmp(visible, words[i], length))
			return true;
	return *visible == '-';
}

bool facts_all_hidden(const struct figures *figures)
{
	return facts_hides_all(figures->driver.visible);
}

const struct library_figures *facts_other_version(const struct figures *figures, const char *name)
{
	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];

		if ((library->loaded || library->path) && strcmp(library->name, name) != 0 &&
			loader_same_stem(library->name, name))
			return library;
	}
	return NULL;
}

/* A function of the driver or the runtime that returned one of these; statuses end with 0. */
static const struct function_figures *returned(const struct figures *figures, const int *statuses)
{
	for (unsigned i = 0; i < figures->n_functions; i++) {
		const struct function_figures *function = &figures->functions[i];

		if (!function->errors || function->layer > LAYER_RUNTIME)
			continue;
		for (const int *status = statuses; *status; status++)
			if (function->last_error == *status)
				return function;
	}
	return NULL;
}

const struct function_figures *facts_no_image(const struct figures *figures)
{
	/* No binary for the GPU; PTX that is too new, or bad, or may not be compiled. */
	static const int statuses[] = { 209, 218, 221, 222, 223, 0 };

	return returned(figures, statuses);
}

const struct function_figures *facts_out_of_memory(const struct figures *figures)
{
	static const int statuses[] = { 2, 0 };

	return returned(figures, statuses);
}

const struct function_figures *facts_failing_launch(const struct figures *figures)
{
	for (unsigned i = 0; i < figures->n_functions; i++) {
		const struct function_figures *function = &figures->functions[i];

		if (function->errors && function->layer <= LAYER_RUNTIME &&
			strstr(function->name, "Launch") &&
			!strstr(function->name, "LaunchHostFunc"))
			return function;
	}
	return NULL;
}

/*
 * Where the border of a thin YES lies. A framework that starts runs one to a few kernels for each
 * weight that it fills: some, to a few hundreds. Work that is meant runs tens of kernels a step,
 * and a step in a few seconds; single kernels of ten seconds are rare, and a watchdog stops them
 * where a screen hangs on the GPU. So thin is: less than one kernel in ten seconds, and less than a
 * thousand in all. And a minute at least: to load R and a framework takes 10 to 40 s, after which
 * an honest script may have little to do.
 */
enum { FEW_SECONDS = 60, FEW_SECONDS_EACH = 10, FEW_KERNELS = 1000 };

bool facts_few_kernels(const struct session_snapshot *session)
{
	double seconds = snapshot_session_seconds(session);
	uint64_t kernels = session->figures.totals.kernels;

	return seconds >= FEW_SECONDS && kernels < FEW_KERNELS &&
	       (double)kernels * FEW_SECONDS_EACH < seconds;
}

bool facts_reserved(const struct figures *figures)
{
	for (unsigned i = 0; i < figures->n_devices; i++) {
		const struct device_figures *device = &figures->devices[i];

		if (device->total_bytes && device->memory.peak_bytes >= device->total_bytes / 2)
			return true;
	}
	return false;
}

uint64_t facts_copies(const struct figures *figures)
{
	uint64_t copies = 0;

	for (int i = 0; i < COPY_KINDS; i++)
		if (i != ROW_MEMSET - ROW_HOST_TO_DEVICE)
			copies += figures->totals.copies[i].calls;
	return copies;
}

const struct function_figures *facts_failing(const struct figures *figures)
{
	const struct function_figures *found = NULL;

	for (unsigned i = 0; i < figures->n_functions; i++) {
		const struct function_figures *function = &figures->functions[i];

		/* To ask for what the driver has not is no failure. */
		if (!strncmp(function->name, "cuGetProcAddress", 16))
			continue;
		if (function->errors && (!found || (function->layer == found->layer &&
							   function->errors > found->errors)))
			found = function;
	}
	return found;
}

bool facts_running(const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++)
		if (session->processes[i].state == PROCESS_RUNNING)
			return true;
	return false;
}

bool facts_is_r(const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++)
		if (session->processes[i].program &&
			strstr(session->processes[i].program, "/exec/R"))
			return true;
	return false;
}

bool facts_attached(const struct session_snapshot *session)
{
	return session->n_processes && session->processes[0].attached_tenths;
}

const struct framework *facts_idle_framework(const struct figures *figures)
{
	const struct framework *framework = framework_of(figures->driver.framework);

	return framework && framework->use && figures->driver.build == BUILD_GPU ? framework : NULL;
}
