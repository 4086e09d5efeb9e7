/* SPDX-License-Identifier: MIT */
/*
 * What handles point to. Each kind has a reserved array: a handle is sound if it points at a place
 * of the array that is in use. The place freed last is used first, as real drivers do, so that a
 * program sees the same handle again soon.
 */
#include "memory.h"
#include "module.h"
#include "graph.h"
#include "state.h"
#include "stream.h"

#include <string.h>
#include <sys/mman.h>

enum { OBJECTS_MAX = 1 << 16 };

struct array {
	size_t size; /* of an object */
	char *start;
	size_t used; /* places ever used */
	struct object *free;
};

static struct array arrays[OBJECT_KINDS] = {
	[OBJECT_CONTEXT] = { .size = sizeof(struct context) },
	[OBJECT_GREEN] = { .size = sizeof(struct green) },
	[OBJECT_MODULE] = { .size = sizeof(struct module) },
	[OBJECT_FUNCTION] = { .size = sizeof(struct function) },
	[OBJECT_LIBRARY] = { .size = sizeof(struct library) },
	[OBJECT_KERNEL] = { .size = sizeof(struct kernel) },
	[OBJECT_STREAM] = { .size = sizeof(struct stream) },
	[OBJECT_EVENT] = { .size = sizeof(struct event) },
	[OBJECT_GRAPH] = { .size = sizeof(struct graph) },
	[OBJECT_NODE] = { .size = sizeof(struct node) },
	[OBJECT_EXEC] = { .size = sizeof(struct graph_exec) },
	[OBJECT_POOL] = { .size = sizeof(struct pool) },
	[OBJECT_ARRAY] = { .size = sizeof(struct array_memory) },
	[OBJECT_MIPMAP] = { .size = sizeof(struct mipmap) },
	[OBJECT_ALLOCATION] = { .size = sizeof(struct allocation) },
	[OBJECT_CAPTURE] = { .size = sizeof(struct capture) },
	[OBJECT_LINKER] = { .size = sizeof(struct linker) },
	[OBJECT_TEXTURE] = { .size = sizeof(struct texture) },
	[OBJECT_SURFACE] = { .size = sizeof(struct texture) },
};

static struct object *place(const struct array *array, size_t index)
{
	return (struct object *)(void *)(array->start + index * array->size);
}

void *object_new(enum object_kind kind)
{
	struct array *array = &arrays[kind];
	struct object *object = array->free;
	uint32_t generation;

	if (!array->start) {
		void *at = mmap(NULL, array->size * OBJECTS_MAX, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (at == MAP_FAILED)
			return NULL;
		array->start = at;
	}
	if (object)
		array->free = object->next_free;
	else if (array->used < OBJECTS_MAX)
		object = place(array, array->used++);
	else
		return NULL;
	generation = object->generation + 1;
	memset(object, 0, array->size);
	object->kind = kind;
	object->generation = generation;
	return object;
}

void object_free(void *freed)
{
	struct object *object = freed;
	struct array *array = &arrays[object->kind];

	object->kind = 0;
	object->next_free = array->free;
	array->free = object;
}

void *object_get(enum object_kind kind, const void *handle)
{
	const struct array *array = &arrays[kind];
	uintptr_t offset = (uintptr_t)handle - (uintptr_t)array->start;
	struct object *object;

	if (!array->start || offset >= array->used * array->size || offset % array->size)
		return NULL;
	object = place(array, offset / array->size);
	return object->kind == kind ? object : NULL;
}

void *object_next(enum object_kind kind, void *previous)
{
	const struct array *array = &arrays[kind];
	size_t index = 0;

	if (previous)
		index = ((size_t)((char *)previous - array->start)) / array->size + 1;
	for (; index < array->used; index++)
		if (place(array, index)->kind == kind)
			return place(array, index);
	return NULL;
}
