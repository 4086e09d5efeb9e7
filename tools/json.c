/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_parts.h"
#include "report/errors.h"
#include "report/format.h"
#include "report/utf8.h"
#include "say.h"
#include "segment/summed.h"

static json_t *count(uint64_t value)
{
	return json_count(value);
}

static json_t *count_or_null(uint64_t value)
{
	return value ? count(value) : json_null();
}

static json_t *string(const char *raw)
{
	return json_foreign(raw);
}

static json_t *status(enum segment_layer layer, int value)
{
	char unknown[ERROR_NAME_MAX];

	return json_string(error_name(layer, value, unknown));
}

static json_t *status_or_null(enum segment_layer layer, int value)
{
	return value ? status(layer, value) : json_null();
}

static json_t *version(enum segment_layer layer, uint32_t value)
{
	char buffer[48];
	struct text text = text_in(buffer, sizeof(buffer));

	layer_version(&text, layer, value);
	return text.length ? json_string(buffer) : json_null();
}

static json_t *memory(const struct segment_memory *memory)
{
	return json_pack("{so so so so so}", "allocations", count(memory->allocations), "frees",
		count(memory->frees), "allocated_bytes", count(memory->allocated_bytes),
		"live_bytes", count(memory->live_bytes), "peak_bytes", count(memory->peak_bytes));
}

/* Of devices. The peak of several processes is a minimum: theirs need not have come together. */
static json_t *device_memory(const struct segment_memory *figures, bool peak_at_least)
{
	json_t *made = memory(figures);

	json_object_set_new(made, "peak_is_minimum", json_boolean(peak_at_least));
	return made;
}

static json_t *copies(const struct totals *totals)
{
	json_t *all = json_object();

	for (int i = 0; i < COPY_KINDS; i++)
		json_object_set_new(all, copy_name(i),
			json_pack("{so so}", "calls", count(totals->copies[i].calls), "bytes",
				count(totals->copies[i].bytes)));
	return all;
}

static json_t *totals(const struct totals *totals)
{
	json_t *calls = json_object();

	for (int layer = 0; layer < LAYERS; layer++)
		json_object_set_new(calls, layer_name(layer), count(totals->calls[layer]));
	return json_pack("{so so so so so so so so so so so}", "kernels", count(totals->kernels),
		"launches", count(totals->launches), "captured_launches",
		count(totals->captured_launches), "graph_launches", count(totals->graph_launches),
		"graph_kernels", count(totals->graph_kernels), "confirmed_kernels",
		count(totals->confirmed), "errors", count(totals->errors), "calls", calls, "memory",
		device_memory(&totals->memory, totals->peak_at_least), "host_memory",
		memory(&totals->host), "copies", copies(totals));
}

static json_t *devices(const struct figures *figures)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < figures->n_devices; i++) {
		const struct device_figures *device = &figures->devices[i];

		json_array_append_new(
			all, json_pack("{si so so so so so}", "ordinal", device->ordinal, "uuid",
				     json_uuid(device->uuid), "name", string(device->name),
				     "kernels", count(device->kernels), "total_bytes",
				     count_or_null(device->total_bytes), "memory",
				     device_memory(&device->memory, device->peak_at_least)));
	}
	return all;
}

static json_t *kernels(const struct figures *figures)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < figures->n_kernels; i++) {
		const struct kernel_figures *kernel = &figures->kernels[i];

		json_array_append_new(all,
			json_pack("{so so so so}", "name", string(kernel->name), "launches",
				count(kernel->launches), "captured_launches",
				count(kernel->captured), "device", json_number(kernel->device)));
	}
	return all;
}

static json_t *functions(const struct figures *figures)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < figures->n_functions; i++) {
		const struct function_figures *function = &figures->functions[i];
		json_t *one = json_pack("{ss so so so so so}", "layer", layer_name(function->layer),
			"library", string(function->library), "name", string(function->name),
			"calls", count(function->calls), "errors", count(function->errors),
			"last_error", status_or_null(function->layer, function->last_error));

		if (function->layer == LAYER_DRIVER)
			json_object_set_new(one, "own_calls", count(function->own_calls));
		json_array_append_new(all, one);
	}
	return all;
}

static json_t *libraries(const struct figures *figures)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];
		json_t *layer = library->layer < LAYERS ? json_string(layer_name(library->layer))
							: json_null();

		json_array_append_new(all,
			json_pack("{so sb so so so so so so}", "name", string(library->name),
				"loaded", library->loaded, "path", string(library->path), "error",
				string(library->error), "asked", count(library->asked), "asker",
				string(library->asker), "layer", layer, "version",
				version(library->layer, library->version)));
	}
	return all;
}

/* By dlopen: in seconds after the process began; null: from the start. */
static json_t *attached_after(const struct process_snapshot *process)
{
	return process->attached_tenths ? json_real(process->attached_tenths / 10.0) : json_null();
}

static json_t *processes(const struct session_snapshot *session)
{
	static const char *const states[] = { [PROCESS_RUNNING] = "running",
		[PROCESS_EXITED] = "exited",
		[PROCESS_KILLED] = "killed",
		[PROCESS_ENDED] = "ended",
		[PROCESS_ELSEWHERE] = "elsewhere" };
	json_t *all = json_array();

	for (unsigned i = 0; i < session->n_processes; i++) {
		const struct process_snapshot *process = &session->processes[i];
		bool exited = process->state == PROCESS_EXITED && process->exit_status >= 0;
		bool killed = process->state == PROCESS_KILLED;

		json_array_append_new(
			all, json_pack("{si so si so so ss so so sb si so so so so so so so so}",
				     "pid", (int)process->pid, "parent",
				     count_or_null((uint64_t)process->parent), "uid",
				     (int)process->uid, "command", string(process->command),
				     "program", string(process->program), "state",
				     states[process->state], "exit_status",
				     exited ? json_integer(process->exit_status) : json_null(),
				     "signal", killed ? json_integer(process->signal) : json_null(),
				     "forked", process->forked, "images", (int)process->images,
				     "started", json_moment(process->started_ns), "ended",
				     json_moment(process->ended_ns), "seconds",
				     json_seconds(snapshot_seconds(session, process)), "totals",
				     totals(&process->figures.totals), "witness",
				     json_witness(&process->figures.witness), "attached_after",
				     attached_after(process), "host", string(process->host), "task",
				     json_number(process->job.numbers[JOB_TASK])));
	}
	return all;
}

/* Those of which only the sum is known. */
static json_t *more_processes(const struct summed *summed)
{
	if (!summed)
		return json_null();
	return json_pack("{so so}", "count", count(summed->processes), "totals",
		totals(&summed->figures.totals));
}

static json_t *driver(const struct driver_facts *facts)
{
	static const char *const builds[] = { [BUILD_CPU] = "cpu", [BUILD_GPU] = "gpu" };
	bool called = facts->init_calls != 0;

	return json_pack("{so so sb so so so so so sb so so so so so so sb so so}", "version",
		version(LAYER_DRIVER, facts->version), "path", string(facts->path), "stub",
		facts->stub, "init_calls", count(facts->init_calls), "init_status",
		called ? status(LAYER_DRIVER, facts->init_status) : json_null(), "initialised",
		json_boolean(facts->init_ok), "device_count", json_number(facts->device_count),
		"visible_devices", string(facts->visible), "visible_by_program",
		facts->visible_by_program, "runtime_error",
		status_or_null(LAYER_RUNTIME, facts->runtime_error), "fault",
		status_or_null(LAYER_DRIVER, facts->fault_status), "fault_function",
		string(facts->fault_name), "missing_entry", string(facts->missing_entry),
		"missing_entries", count(facts->missing_entries), "asked_version",
		version(LAYER_DRIVER, facts->asked_version), "fork_error", facts->fork_error,
		"framework", string(facts->framework), "framework_build",
		facts->build ? json_string(builds[facts->build]) : json_null());
}

/* Of whom the session is, where, and how its first process ended. */
static void add_origin(json_t *report, const struct session_snapshot *session)
{
	const struct process_snapshot *first = session->n_processes ? &session->processes[0] : NULL;
	bool exited = first && first->state == PROCESS_EXITED && first->exit_status >= 0;
	bool killed = first && first->state == PROCESS_KILLED;
	bool late = false;

	for (unsigned i = 0; i < session->n_processes; i++)
		late |= session->processes[i].attached_tenths != 0;
	json_object_set_new(report, "host", first ? string(first->host) : json_null());
	json_object_set_new(
		report, "user", first ? string(json_user_name(first->uid)) : json_null());
	json_object_set_new(report, "job", first ? json_job(&first->job) : json_null());
	json_object_set_new(
		report, "exit_status", exited ? json_integer(first->exit_status) : json_null());
	json_object_set_new(report, "signal", killed ? json_integer(first->signal) : json_null());
	json_object_set_new(report, "attached", json_string(late ? "late" : "preload"));
}

static json_t *other_causes(const struct judgement *judgement)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < judgement->n_also; i++)
		json_array_append_new(all, json_pack("{ss so}", "reason", judgement->also[i].reason,
						   "summary", string(judgement->also[i].summary)));
	return all;
}

/* By a clock that nobody sets. What only a record knows is null without one. */
static json_t *times(const struct session_snapshot *session)
{
	const struct recorded_times *recorded = &session->recorded;
	bool known = recorded->known;

	return json_pack("{so so so so so so}", "seconds",
		json_seconds(snapshot_session_seconds(session)), "first_kernel_after",
		json_seconds(snapshot_first_kernel(session)), "last_kernel_after",
		json_seconds(known ? recorded->last_kernel : -1), "longest_pause",
		json_seconds(known ? recorded->longest_pause : -1), "pause_from",
		json_seconds(known ? recorded->pause_from : -1), "share_with_kernels",
		json_seconds(known ? recorded->busy : -1));
}

json_t *json_session(const struct session_snapshot *session, const struct judgement *judgement)
{
	const struct figures *figures = &session->figures;
	json_t *report;

	report = json_pack("{si ss so sb ss ss sb sb so so so so so so so so so so so so so so}",
		"schema", 1, "gpuspy", GPUSPY_VERSION, "session", string(session->name),
		"simulated", figures->driver.simulated, "verdict", judgement->code, "reason",
		judgement->reason, "at_least", judgement->at_least, "thin", judgement->thin,
		"summary", string(judgement->summary), "evidence",
		judgement->evidence[0] ? string(judgement->evidence) : json_null(), "advice",
		judgement->advice[0] ? string(judgement->advice) : json_null(), "also",
		other_causes(judgement), "totals", totals(&figures->totals), "driver",
		driver(&figures->driver), "devices", devices(figures), "kernels", kernels(figures),
		"functions", functions(figures), "libraries", libraries(figures), "processes",
		processes(session), "folded", count(session->folded), "gaps", json_gaps(session),
		"witness", json_witness(&figures->witness));
	if (report) {
		add_origin(report, session);
		json_object_set_new(report, "times", times(session));
		json_object_set_new(report, "more_processes", more_processes(session->summed));
	}
	return report;
}

int json_report(FILE *to, const struct session_snapshot *session, const struct judgement *judgement)
{
	return json_report_with(to, session, judgement, NULL);
}

int json_report_with(FILE *to, const struct session_snapshot *session,
	const struct judgement *judgement, json_t *elsewhere)
{
	json_t *report = json_session(session, judgement);
	int status;

	if (elsewhere)
		json_object_set_new(report, "elsewhere", elsewhere);
	status = report ? json_write(to, report, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : -1;
	json_decref(report);
	if (status)
		say("gpuspy: the JSON report could not be made: out of memory");
	else
		fputc('\n', to);
	return status;
}
