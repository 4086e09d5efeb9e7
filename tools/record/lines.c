/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../json.h"
#include "../json_parts.h"

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new_nocheck(object, name, value);
}

static json_t *begin(const char *type, struct line_moment moment)
{
	json_t *line = json_object();

	put(line, "type", json_string(type));
	put(line, "time", json_moment(moment.realtime_ns));
	put(line, "monotonic_ns", json_count(moment.monotonic_ns));
	return line;
}

static char *finish(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6)), *whole = NULL;
	size_t length = text ? strlen(text) : 0;

	json_decref(line);
	if (text && (whole = realloc(text, length + 2)))
		memcpy(whole + length, "\n", 2);
	else
		free(text);
	return whole;
}

char *line_start(struct line_moment moment, const char *session, double interval)
{
	json_t *line = begin("start", moment);
	char host[256] = "";

	put(line, "record", json_integer(1));
	put(line, "gpuspy", json_string(GPUSPY_VERSION));
	put(line, "session", json_foreign(session));
	put(line, "host", gethostname(host, sizeof(host) - 1) ? json_null() : json_foreign(host));
	put(line, "interval_seconds", interval > 0 ? json_real(interval) : json_null());
	return finish(line);
}

static json_t *session(const struct known *known)
{
	struct counts totals = known_totals(known);
	json_t *object = json_object();

	put(object, "running", json_integer(known_running(known)));
	if (known->left_out)
		put(object, "left_out", json_integer(known->left_out));
	put(object, "live_bytes", json_count(known_live_bytes(known)));
	counts_put(object, &totals);
	return object;
}

static json_t *process(struct known_process *process)
{
	json_t *object = json_object();

	put(object, "pid", json_integer(process->pid));
	put(object, "start_ticks", json_count(process->start_ticks));
	if (process->fresh)
		put(object, "command", json_foreign(process->command));
	put(object, "state", json_string(process->state));
	put(object, "live_bytes", json_count(process->live_bytes));
	counts_put(object, &process->counts);
	process->fresh = false;
	return object;
}

enum which { CHANGED, ALL };

static json_t *processes(struct known *known, enum which which)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < known->count; i++)
		if (which == ALL || known->processes[i].changed)
			json_array_append_new(array, process(&known->processes[i]));
	return array;
}

static json_t *devices(const struct known *known)
{
	unsigned count;
	struct known_device *all = known_devices(known, &count);
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(
			array, json_pack("{si so so so}", "ordinal", all[i].ordinal, "uuid",
				       json_uuid(all[i].has_uuid ? all[i].uuid : NULL), "kernels",
				       json_count(all[i].kernels), "live_bytes",
				       json_count(all[i].live_bytes)));
	free(all);
	return array;
}

static const struct known_process *known_pid(const struct known *known, pid_t pid)
{
	for (unsigned i = 0; i < known->count; i++)
		if (known->processes[i].pid == pid && known->processes[i].running)
			return &known->processes[i];
	return NULL;
}

static json_t *bytes_or_null(uint64_t bytes)
{
	return bytes ? json_count(bytes) : json_null();
}

/* Those of this session: what others do on the device is not its business. */
static json_t *driver_processes(const struct known *known, struct nvml *nvml, unsigned device)
{
	struct nvml_process list[NVML_PROCESSES_MAX];
	unsigned count = nvml_processes(list, nvml, device);
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++)
		if (known_pid(known, list[i].pid))
			json_array_append_new(
				array, json_pack("{si so so}", "pid", (int)list[i].pid,
					       "used_bytes", bytes_or_null(list[i].used_bytes),
					       "utilisation", json_number(list[i].utilisation)));
	return array;
}

static json_t *driver_devices(
	const struct known *known, const struct nvml_figures *driver, struct nvml *nvml)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < driver->count; i++) {
		const struct nvml_device *device = &driver->devices[i];

		json_array_append_new(
			array, json_pack("{so so so so so so}", "uuid", json_foreign(device->uuid),
				       "name", json_foreign(device->name), "utilisation",
				       json_number(device->utilisation), "used_bytes",
				       bytes_or_null(device->used_bytes), "total_bytes",
				       bytes_or_null(device->total_bytes), "processes",
				       driver_processes(known, nvml, i)));
	}
	return array;
}

char *line_sample(struct line_moment moment, struct known *known, const struct nvml_figures *driver,
	struct nvml *nvml)
{
	json_t *line = begin("sample", moment);

	put(line, "session", session(known));
	put(line, "devices", devices(known));
	put(line, "processes", processes(known, CHANGED));
	if (driver->count)
		put(line, "driver", driver_devices(known, driver, nvml));
	return finish(line);
}

char *line_end(struct line_moment moment, struct known *known, const char *reason)
{
	json_t *line = begin("end", moment);

	put(line, "reason", json_string(reason));
	put(line, "session", session(known));
	put(line, "devices", devices(known));
	put(line, "processes", processes(known, ALL));
	return finish(line);
}
