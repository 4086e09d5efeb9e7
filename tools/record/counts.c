/* SPDX-License-Identifier: MIT */
#include "counts.h"

#include <jansson.h>

#include "../json_parts.h"
#include "report/errors.h"

/* The plain ones, by their names in schema 1. */
static const struct {
	const char *name;
	size_t offset; /* in struct totals */
} plain[] = {
	[COUNT_KERNELS] = { "kernels", offsetof(struct totals, kernels) },
	[COUNT_LAUNCHES] = { "launches", offsetof(struct totals, launches) },
	[COUNT_CAPTURED] = { "captured_launches", offsetof(struct totals, captured_launches) },
	[COUNT_GRAPH_LAUNCHES] = { "graph_launches", offsetof(struct totals, graph_launches) },
	[COUNT_GRAPH_KERNELS] = { "graph_kernels", offsetof(struct totals, graph_kernels) },
	[COUNT_CONFIRMED] = { "confirmed_kernels", offsetof(struct totals, confirmed) },
	[COUNT_ERRORS] = { "errors", offsetof(struct totals, errors) },
	[COUNT_ALLOCATED] = { "allocated_bytes", offsetof(struct totals, memory.allocated_bytes) },
};

struct counts counts_take(const struct totals *totals)
{
	struct counts counts;

	for (int i = 0; i < COUNT_CALLS; i++)
		counts.of[i] = *(const uint64_t *)((const char *)totals + plain[i].offset);
	for (int i = 0; i < LAYERS; i++)
		counts.of[COUNT_CALLS + i] = totals->calls[i];
	for (int i = 0; i < COPY_KINDS; i++) {
		counts.of[COUNT_COPIES + i] = totals->copies[i].calls;
		counts.of[COUNT_COPIED + i] = totals->copies[i].bytes;
	}
	return counts;
}

void counts_add(struct counts *to, const struct counts *more)
{
	for (int i = 0; i < COUNTS; i++)
		to->of[i] += more->of[i];
}

static void put(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new_nocheck(object, name, json_count(value));
}

void counts_put(json_t *object, const struct counts *counts)
{
	json_t *calls = json_object(), *copies = json_object();

	for (int i = 0; i < COUNT_CALLS; i++)
		put(object, plain[i].name, counts->of[i]);
	for (int i = 0; i < LAYERS; i++)
		if (counts->of[COUNT_CALLS + i])
			put(calls, layer_name((enum segment_layer)i), counts->of[COUNT_CALLS + i]);
	for (int i = 0; i < COPY_KINDS; i++) {
		json_t *one;

		if (!counts->of[COUNT_COPIES + i])
			continue;
		one = json_object();
		put(one, "calls", counts->of[COUNT_COPIES + i]);
		put(one, "bytes", counts->of[COUNT_COPIED + i]);
		json_object_set_new_nocheck(copies, copy_name(i), one);
	}
	json_object_set_new_nocheck(object, "calls", calls);
	json_object_set_new_nocheck(object, "copies", copies);
}

static uint64_t get(const json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));

	return value < 0 ? 0 : (uint64_t)value;
}

void counts_get(struct counts *counts, const json_t *object)
{
	const json_t *calls = json_object_get(object, "calls");
	const json_t *copies = json_object_get(object, "copies");

	for (int i = 0; i < COUNT_CALLS; i++)
		counts->of[i] = get(object, plain[i].name);
	for (int i = 0; i < LAYERS; i++)
		counts->of[COUNT_CALLS + i] = get(calls, layer_name((enum segment_layer)i));
	for (int i = 0; i < COPY_KINDS; i++) {
		const json_t *one = json_object_get(copies, copy_name(i));

		counts->of[COUNT_COPIES + i] = get(one, "calls");
		counts->of[COUNT_COPIED + i] = get(one, "bytes");
	}
}
