/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../record/counts.h"

/* Of one record: a page has no use for more, and a hostile file shall not eat the machine. */
enum { PROCESSES_MAX = 20000, DEVICES_MAX = 256, LINE_MAX_BYTES = 64 << 20 };

struct reading {
	struct timeline *timeline;
	double at, before; /* this line's time, and the last one's */
	unsigned *slots;   /* processes by hash; one more than the index, 0: free */
	unsigned n_slots;
};

static double number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

/* Whatever a file says: within what the type can hold. */
static uint64_t whole(const json_t *object, const char *name)
{
	double value = number(object, name);

	return value > 0 ? value < 1.8e19 ? (uint64_t)value : UINT64_MAX : 0;
}

static int small(const json_t *object, const char *name)
{
	double value = number(object, name);

	return value > -1e9 && value < 1e9 ? (int)value : -1;
}

static char *copy(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? strdup(text) : NULL;
}

/* Room for one more; NULL: no memory. */
static void *grow(void **array, unsigned *count, unsigned limit, size_t size)
{
	void *more;

	if (*count >= limit)
		return NULL;
	if (!(*count & (*count - 1))) { /* full at each power of two */
		more = realloc(*array, (*count ? *count * (size_t)2 : 1) * size);
		if (!more)
			return NULL;
		*array = more;
	}
	return memset((char *)*array + (*count)++ * size, 0, size);
}

static int grow_slots(struct reading *reading)
{
	const struct timeline *timeline = reading->timeline;
	unsigned size = reading->n_slots ? reading->n_slots * 4 : 1024;

	free(reading->slots);
	reading->slots = calloc(size, sizeof(*reading->slots));
	reading->n_slots = reading->slots ? size : 0;
	for (unsigned i = 0; reading->slots && i < timeline->n_processes; i++) {
		unsigned at = (unsigned)timeline->processes[i].pid * 2654435761u & (size - 1);

		while (reading->slots[at])
			at = (at + 1) & (size - 1);
		reading->slots[at] = i + 1;
	}
	return reading->slots ? 0 : -1;
}

static struct timeline_process *process_of(struct reading *reading, pid_t pid, uint64_t start)
{
	struct timeline *timeline = reading->timeline;
	struct timeline_process *process;
	unsigned at;

	if (timeline->n_processes * 2 >= reading->n_slots && grow_slots(reading))
		return NULL;
	at = (unsigned)pid * 2654435761u & (reading->n_slots - 1);
	for (; reading->slots[at]; at = (at + 1) & (reading->n_slots - 1)) {
		process = &timeline->processes[reading->slots[at] - 1];
		if (process->pid == pid && process->start_ticks == start)
			return process;
	}
	process = grow((void **)&timeline->processes, &timeline->n_processes, PROCESSES_MAX,
		sizeof(*process));
	if (!process)
		return NULL;
	process->pid = pid;
	process->start_ticks = start;
	reading->slots[at] = timeline->n_processes;
	return process;
}

/* A process is in a line when something of it changed: until then it was as before. */
static void add_point(struct series *series, const struct reading *reading, double value)
{
	if (!series->n && reading->timeline->samples)
		series_add(series, reading->before, 0);
	else if (series->n && series->at[series->n - 1] < reading->before)
		series_add(series, reading->before, series->value[series->n - 1]);
	series_add(series, reading->at, value);
}

static void read_processes(struct reading *reading, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *state = json_string_value(json_object_get(one, "state"));
		bool there = state && (!strcmp(state, "running") || !strcmp(state, "left out"));
		struct timeline_process *process =
			process_of(reading, small(one, "pid"), whole(one, "start_ticks"));

		if (!process)
			continue;
		add_point(&process->kernels, reading, number(one, "kernels"));
		add_point(&process->live, reading, there ? number(one, "live_bytes") : 0);
	}
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct timeline_device *device_of(struct timeline *timeline, const json_t *one)
{
	const char *uuid = json_string_value(json_object_get(one, "uuid"));
	int ordinal = small(one, "ordinal");
	struct timeline_device *device;

	for (unsigned i = 0; i < timeline->n_devices; i++) {
		device = &timeline->devices[i];
		if (uuid || device->uuid ? same_text(device->uuid, uuid)
					 : device->ordinal == ordinal)
			return device;
	}
	device = grow(
		(void **)&timeline->devices, &timeline->n_devices, DEVICES_MAX, sizeof(*device));
	if (device) {
		device->uuid = copy(one, "uuid");
		device->ordinal = ordinal;
	}
	return device;
}

static void read_devices(struct reading *reading, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct timeline_device *device = device_of(reading->timeline, one);

		if (!device)
			continue;
		add_point(&device->kernels, reading, number(one, "kernels"));
		add_point(&device->live, reading, number(one, "live_bytes"));
	}
}

static struct timeline_driver *driver_of(struct timeline *timeline, const json_t *one)
{
	const char *uuid = json_string_value(json_object_get(one, "uuid"));
	struct timeline_driver *driver;

	for (unsigned i = 0; i < timeline->n_drivers; i++)
		if (same_text(timeline->drivers[i].uuid, uuid))
			return &timeline->drivers[i];
	driver = grow(
		(void **)&timeline->drivers, &timeline->n_drivers, DEVICES_MAX, sizeof(*driver));
	if (driver) {
		driver->uuid = copy(one, "uuid");
		driver->name = copy(one, "name");
	}
	return driver;
}

/* The session's own share of a device: that of its processes. What is null is unknown. */
static void read_share(
	struct series *share, double at, const json_t *processes, const char *name, double highest)
{
	bool known = false;
	double sum = 0;

	for (size_t i = 0; i < json_array_size(processes); i++) {
		const json_t *one = json_object_get(json_array_get(processes, i), name);

		known |= json_is_number(one);
		sum += json_number_value(one);
	}
	if (known)
		series_add(share, at, sum > highest ? highest : sum);
}

static void read_drivers(struct reading *reading, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct timeline_driver *driver = driver_of(reading->timeline, one);

		if (!driver)
			continue;
		if (json_is_number(json_object_get(one, "utilisation")))
			series_add(&driver->utilisation, reading->at,
				fmin(number(one, "utilisation"), 100));
		if (json_is_number(json_object_get(one, "used_bytes")))
			series_add(&driver->used, reading->at, number(one, "used_bytes"));
		driver->total = fmin(fmax(number(one, "total_bytes"), 0), 1.8e19);
		read_share(&driver->share, reading->at, json_object_get(one, "processes"),
			"utilisation", 100);
		read_share(&driver->held, reading->at, json_object_get(one, "processes"),
			"used_bytes", 1.8e19);
	}
}

static void read_session(struct reading *reading, const json_t *session)
{
	struct timeline *timeline = reading->timeline;
	struct counts counts;
	double other = 0;

	counts_get(&counts, session);
	for (int i = 2; i < COPY_KINDS; i++)
		other += (double)counts.of[COUNT_COPIED + i];
	series_add(&timeline->kernels, reading->at, (double)counts.of[COUNT_KERNELS]);
	series_add(&timeline->errors, reading->at, (double)counts.of[COUNT_ERRORS]);
	series_add(&timeline->live, reading->at, number(session, "live_bytes"));
	series_add(&timeline->to_device, reading->at, (double)counts.of[COUNT_COPIED]);
	series_add(&timeline->back, reading->at, (double)counts.of[COUNT_COPIED + 1]);
	series_add(&timeline->other, reading->at, other);
}

static bool read_line(struct reading *reading, const json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	struct timeline *timeline = reading->timeline;
	double since = (number(line, "monotonic_ns") - (double)timeline->started_ns) / 1e9;

	if (!type || (strcmp(type, "sample") != 0 && strcmp(type, "end") != 0))
		return false;
	reading->before = reading->at;
	reading->at = since > reading->at && since < 1e10 ? since : reading->at;
	timeline->seconds = reading->at;
	timeline->ended = !strcmp(type, "end");
	read_session(reading, json_object_get(line, "session"));
	read_devices(reading, json_object_get(line, "devices"));
	read_processes(reading, json_object_get(line, "processes"));
	read_drivers(reading, json_object_get(line, "driver"));
	timeline->samples++;
	return true;
}

static int read_start(struct timeline *timeline, const json_t *line, const char *session)
{
	const char *type = json_string_value(json_object_get(line, "type"));

	timeline->session = copy(line, "session");
	timeline->started_ns = whole(line, "monotonic_ns");
	if (!type || strcmp(type, "start") != 0 || !timeline->session ||
		number(line, "record") != 1)
		return EINVAL;
	return session && strcmp(session, timeline->session) != 0 ? ESTALE : 0;
}

/* A whole line: its length; 0: there is none. One without an end would take all memory. */
static size_t next_line(char **text, size_t *room, FILE *from)
{
	size_t length = 0;
	int byte;

	do {
		if (length + 1 >= *room) {
			size_t more = *room ? *room * 2 : 65536;
			char *longer = more <= LINE_MAX_BYTES ? realloc(*text, more) : NULL;

			if (!longer)
				return 0;
			*text = longer;
			*room = more;
		}
		byte = getc_unlocked(from);
		if (byte == EOF)
			return 0;
		(*text)[length++] = (char)byte;
	} while (byte != '\n');
	return length;
}

static int read_lines(struct reading *reading, FILE *from, const char *session)
{
	char *text = NULL;
	size_t room = 0;
	size_t length;
	int error = 0;
	bool started = false;

	while (!error && (length = next_line(&text, &room, from)) > 0) {
		json_t *line = json_loadb(text, (size_t)length, JSON_ALLOW_NUL, NULL);

		if (!started)
			error = line ? read_start(reading->timeline, line, session) : EINVAL;
		else if (!line || !read_line(reading, line))
			reading->timeline->broken++;
		started = true;
		json_decref(line);
	}
	free(text);
	return error ? error : started ? 0 : EINVAL;
}

struct timeline *timeline_read(const char *file, const char *session)
{
	struct reading reading = { .timeline = calloc(1, sizeof(*reading.timeline)) };
	FILE *from = fopen(file, "re");
	int error = errno;

	if (from && reading.timeline) {
		error = read_lines(&reading, from, session);
		if (!error) {
			fclose(from);
			free(reading.slots);
			return reading.timeline;
		}
	}
	if (from)
		fclose(from);
	free(reading.slots);
	timeline_free(reading.timeline);
	errno = error;
	return NULL;
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	for (unsigned i = 0; i < timeline->n_processes; i++) {
		series_free(&timeline->processes[i].kernels);
		series_free(&timeline->processes[i].live);
	}
	for (unsigned i = 0; i < timeline->n_devices; i++) {
		free(timeline->devices[i].uuid);
		series_free(&timeline->devices[i].kernels);
		series_free(&timeline->devices[i].live);
	}
	for (unsigned i = 0; i < timeline->n_drivers; i++) {
		free(timeline->drivers[i].uuid);
		free(timeline->drivers[i].name);
		series_free(&timeline->drivers[i].utilisation);
		series_free(&timeline->drivers[i].used);
		series_free(&timeline->drivers[i].share);
		series_free(&timeline->drivers[i].held);
	}
	for (struct series *series = &timeline->kernels; series <= &timeline->other; series++)
		series_free(series);
	free(timeline->processes);
	free(timeline->devices);
	free(timeline->drivers);
	free(timeline->session);
	free(timeline);
}

struct timeline_facts timeline_facts(const struct timeline *timeline)
{
	const struct series *kernels = &timeline->kernels;
	struct timeline_facts facts = { -1, -1, -1, -1, -1 };
	double busy = 0, quiet_from = -1;

	for (unsigned i = 1; i < kernels->n; i++) {
		double begin = kernels->at[i - 1], end = kernels->at[i];

		if (!(kernels->value[i] > kernels->value[i - 1]))
			continue;
		if (facts.first < 0)
			facts.first = begin;
		else if (begin - quiet_from > facts.pause && begin > quiet_from) {
			facts.pause = begin - quiet_from;
			facts.pause_from = quiet_from;
		}
		facts.last = quiet_from = end;
		busy += end - begin;
	}
	if (timeline->seconds > 0)
		facts.busy = busy / timeline->seconds;
	return facts;
}
