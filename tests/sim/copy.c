/* SPDX-License-Identifier: MIT */
/* What a copy does. All copies are described as 3D ones here; copy_calls.c has the entry points. */
#include "graph.h"
#include "memory.h"

#include <string.h>

struct side {
	char *first; /* the first byte that is copied */
	size_t pitch, layer;
	size_t span; /* bytes from the first to the last one's end */
};

static bool resolve(
	const struct cu_copy_side_3d *given, const struct cu_copy_3d *copy, struct side *side)
{
	struct array_memory *array;
	char *base = NULL;
	size_t rows = given->height ? given->height : copy->height;

	side->pitch = given->pitch ? given->pitch : copy->width;
	switch (given->memory_type) {
	case CU_MEMORY_HOST:
		base = given->host;
		break;
	case CU_MEMORY_DEVICE:
	case CU_MEMORY_UNIFIED:
		base = (char *)(uintptr_t)given->device;
		break;
	case CU_MEMORY_ARRAY:
		array = object_get(OBJECT_ARRAY, given->array);
		if (!array)
			return false;
		base = array->data;
		side->pitch = array->pitch;
		rows = array->rows;
		break;
	}
	if (!base)
		return false;
	side->layer = rows * side->pitch;
	side->first = base + given->z * side->layer + given->y * side->pitch + given->x;
	side->span =
		(copy->depth - 1) * side->layer + (copy->height - 1) * side->pitch + copy->width;
	return copy->height == 1 || side->pitch >= copy->width;
}

static bool allowed(const struct cu_copy_side_3d *given, const struct side *side)
{
	cu_pointer first = (uintptr_t)side->first;
	const struct array_memory *array = given->array;

	switch (given->memory_type) {
	case CU_MEMORY_DEVICE:
		return memory_covers(first, side->span);
	case CU_MEMORY_UNIFIED: /* a device's memory, or any of the host's */
		return !memory_find(first) || memory_covers(first, side->span);
	case CU_MEMORY_ARRAY:
		return side->first + side->span <= array->data + array->bytes;
	default:
		return true;
	}
}

static bool resolve_both(const struct cu_copy_3d *copy, struct side *from, struct side *to)
{
	return resolve(&copy->from, copy, from) && resolve(&copy->to, copy, to) &&
	       allowed(&copy->from, from) && allowed(&copy->to, to);
}

enum cu_status copy_check(const struct cu_copy_3d *copy)
{
	struct side from, to;

	if (!copy->width || !copy->height || !copy->depth)
		return CU_OK;
	return resolve_both(copy, &from, &to) ? CU_OK : CU_ERROR_INVALID_VALUE;
}

enum cu_status copy_run(const struct cu_copy_3d *copy)
{
	struct side from, to;

	if (!copy->width || !copy->height || !copy->depth)
		return CU_OK;
	if (!resolve_both(copy, &from, &to))
		return CU_ERROR_INVALID_VALUE;
	for (size_t z = 0; z < copy->depth; z++)
		for (size_t y = 0; y < copy->height; y++)
			memmove(to.first + z * to.layer + y * to.pitch,
				from.first + z * from.layer + y * from.pitch, copy->width);
	return CU_OK;
}

const char *copy_direction(const struct cu_copy_3d *copy, bool peer)
{
	bool from_host = copy->from.memory_type == CU_MEMORY_HOST;
	bool to_host = copy->to.memory_type == CU_MEMORY_HOST;

	if (peer)
		return "peer";
	if (copy->from.memory_type == CU_MEMORY_UNIFIED ||
		copy->to.memory_type == CU_MEMORY_UNIFIED || (from_host && to_host))
		return "unified";
	if (from_host)
		return "host_to_device";
	return to_host ? "device_to_host" : "device_to_device";
}
