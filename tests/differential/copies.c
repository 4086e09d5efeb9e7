/* SPDX-License-Identifier: MIT */
/* Copies and memsets, by every entry point. */
#include <string.h>

#include "world.h"

enum { HOST_BYTES = 8192, LINE = 64, LINES = 4, BATCH = 4 };

static unsigned char host_memory[HOST_BYTES]; /* what is in it does not matter */

/* A graph must not keep what is freed before it is launched: captures use the view's anchor. */
static struct block *any_memory(void)
{
	static __thread struct block anchor;
	struct block *block;

	if (current()->capturing) {
		anchor = (struct block){ .address = current()->anchor, .bytes = ANCHOR_BYTES };
		return &anchor;
	}
	block = block_find(1u << BLOCK_PLAIN | 1u << BLOCK_POOL);
	return block && block->bytes >= 512 ? block : NULL;
}

static void done(bool twin, int status, enum tally_total direction, uint64_t bytes)
{
	if (status)
		return;
	tally_copy(direction, bytes);
	if (direction == TALLY_DEVICE_TO_HOST)
		stream_confirm(current(), NULL, twin);
}

/* The driver finds out that it is one to the host. */
static void done_back(bool twin, int status, uint64_t bytes)
{
	done(twin, status, TALLY_UNIFIED, bytes);
	if (!status)
		stream_confirm(current(), NULL, twin);
}

/* One that does not wait, and may be recorded instead. */
static void put(int status, enum tally_total direction, uint64_t bytes, void *stream, bool twin)
{
	if (status)
		return;
	if (is_captured(stream, twin))
		graph_record_other();
	else
		tally_copy(direction, bytes);
}

static void copy_line(uint64_t to, uint64_t from, size_t n)
{
	bool twin = chance(2);

	switch (below(5)) {
	case 4:
		done_back(twin, CALL_PTDS(twin, cuMemcpy, (uintptr_t)host_memory, from, n), n);
		break;
	case 0:
		done(twin, CALL_PTDS(twin, cuMemcpy, to, from, n), TALLY_UNIFIED, n);
		break;
	case 1:
		done(twin, CALL_PTDS(twin, cuMemcpyHtoD_v2, to, host_memory, n),
			TALLY_HOST_TO_DEVICE, n);
		break;
	case 2:
		done(twin, CALL_PTDS(twin, cuMemcpyDtoH_v2, host_memory, from, n),
			TALLY_DEVICE_TO_HOST, n);
		break;
	default:
		done(twin, CALL_PTDS(twin, cuMemcpyDtoD_v2, to, from, n), TALLY_DEVICE_TO_DEVICE,
			n);
	}
}

static void copy_line_async(uint64_t to, uint64_t from, size_t n)
{
	void *stream = any_stream();
	bool twin = chance(2);

	switch (below(4)) {
	case 0:
		put(CALL_PTSZ(twin, cuMemcpyAsync, to, from, n, stream), TALLY_UNIFIED, n, stream,
			twin);
		break;
	case 1:
		put(CALL_PTSZ(twin, cuMemcpyHtoDAsync_v2, to, host_memory, n, stream),
			TALLY_HOST_TO_DEVICE, n, stream, twin);
		break;
	case 2:
		put(CALL_PTSZ(twin, cuMemcpyDtoHAsync_v2, host_memory, from, n, stream),
			TALLY_DEVICE_TO_HOST, n, stream, twin);
		break;
	default:
		put(CALL_PTSZ(twin, cuMemcpyDtoDAsync_v2, to, from, n, stream),
			TALLY_DEVICE_TO_DEVICE, n, stream, twin);
	}
}

static void copy_peer(uint64_t to, uint64_t from, size_t n)
{
	void *context = current()->context->handle, *stream = any_stream();
	bool twin = chance(2);

	if (chance(2))
		done(twin, CALL_PTDS(twin, cuMemcpyPeer, to, context, from, context, n), TALLY_PEER,
			n);
	else
		put(CALL_PTSZ(twin, cuMemcpyPeerAsync, to, context, from, context, n, stream),
			TALLY_PEER, n, stream, twin);
}

static struct block *any_array(void)
{
	return current()->capturing ? NULL : block_find(1u << BLOCK_ARRAY);
}

static void copy_array(uint64_t memory, size_t n)
{
	struct block *block = any_array(), *other = any_array();
	void *array = block ? (void *)(uintptr_t)block->address : NULL, *stream = any_stream();

	if (!block)
		return;
	n = 1 + n % LINE;
	switch (below(7)) {
	case 0:
		done(false, CALL(cuMemcpyDtoA_v2, array, 0, memory, n), TALLY_DEVICE_TO_DEVICE, n);
		break;
	case 1:
		done(false, CALL(cuMemcpyAtoD_v2, memory, array, 0, n), TALLY_DEVICE_TO_DEVICE, n);
		break;
	case 2:
		done(false, CALL(cuMemcpyHtoA_v2, array, 8, host_memory, n), TALLY_HOST_TO_DEVICE,
			n);
		break;
	case 3:
		done(false, CALL(cuMemcpyAtoH_v2, host_memory, array, 8, n), TALLY_DEVICE_TO_HOST,
			n);
		break;
	case 4:
		done(false,
			CALL(cuMemcpyAtoA_v2, array, 0, (void *)(uintptr_t)other->address, 4, n),
			TALLY_DEVICE_TO_DEVICE, n);
		break;
	case 5:
		put(CALL(cuMemcpyHtoAAsync_v2, array, 0, host_memory, n, stream),
			TALLY_HOST_TO_DEVICE, n, stream, false);
		break;
	default:
		put(CALL(cuMemcpyAtoHAsync_v2, host_memory, array, 0, n, stream),
			TALLY_DEVICE_TO_HOST, n, stream, false);
	}
}

/* A side of a descriptor: its type decides the direction. */
static struct cu_copy_side_3d any_side(uint64_t memory)
{
	struct block *block = chance(4) ? any_array() : NULL;
	struct cu_copy_side_3d side = { .pitch = LINE, .height = 2 };

	if (block) {
		side.memory_type = CU_MEMORY_ARRAY;
		side.array = (void *)(uintptr_t)block->address;
		return side;
	}
	switch (below(5)) {
	case 0:
	case 1:
		side.memory_type = CU_MEMORY_HOST;
		side.host = host_memory;
		break;
	case 2:
		side.memory_type = CU_MEMORY_UNIFIED;
		side.device = memory;
		break;
	default:
		side.memory_type = CU_MEMORY_DEVICE;
		side.device = memory;
	}
	return side;
}

static enum tally_total direction(const struct cu_copy_3d *copy)
{
	bool out = copy->to.memory_type == CU_MEMORY_HOST;
	bool in = copy->from.memory_type == CU_MEMORY_HOST;

	if (copy->from.memory_type == CU_MEMORY_UNIFIED ||
		copy->to.memory_type == CU_MEMORY_UNIFIED || (in && out))
		return TALLY_UNIFIED;
	if (in)
		return TALLY_HOST_TO_DEVICE;
	return out ? TALLY_DEVICE_TO_HOST : TALLY_DEVICE_TO_DEVICE;
}

/* Of a copy that waits. */
static void done_between(bool twin, int status, const struct cu_copy_3d *copy, uint64_t bytes)
{
	if (copy->from.memory_type == CU_MEMORY_UNIFIED && copy->to.memory_type == CU_MEMORY_HOST)
		done_back(twin, status, bytes);
	else
		done(twin, status, direction(copy), bytes);
}

static struct cu_copy_side_2d flat(const struct cu_copy_side_3d *side)
{
	return (struct cu_copy_side_2d){ .memory_type = side->memory_type,
		.host = side->host,
		.device = side->device,
		.array = side->array,
		.pitch = side->pitch };
}

static void copy_2d(uint64_t to, uint64_t from)
{
	struct cu_copy_3d copy = { .from = any_side(from), .to = any_side(to) };
	struct cu_copy_2d plane = { .from = flat(&copy.from),
		.to = flat(&copy.to),
		.width = 1 + below(LINE),
		.height = 1 + below(LINES) };
	uint64_t n = plane.width * plane.height;
	void *stream = any_stream();
	bool twin = chance(2);

	switch (below(3)) {
	case 0:
		done_between(twin, CALL_PTDS(twin, cuMemcpy2D_v2, &plane), &copy, n);
		break;
	case 1:
		done_between(twin, CALL_PTDS(twin, cuMemcpy2DUnaligned_v2, &plane), &copy, n);
		break;
	default:
		put(CALL_PTSZ(twin, cuMemcpy2DAsync_v2, &plane, stream), direction(&copy), n,
			stream, twin);
	}
}

static void copy_3d(uint64_t to, uint64_t from)
{
	struct cu_copy_3d copy = { .from = any_side(from),
		.to = any_side(to),
		.width = 1 + below(LINE),
		.height = 1 + below(2),
		.depth = 1 + below(2) };
	uint64_t n = copy.width * copy.height * copy.depth;
	void *stream = any_stream();
	bool twin = chance(2);

	switch (below(4)) {
	case 0:
		done_between(twin, CALL_PTDS(twin, cuMemcpy3D_v2, &copy), &copy, n);
		break;
	case 1:
		done(twin, CALL_PTDS(twin, cuMemcpy3DPeer, &copy), TALLY_PEER, n);
		break;
	case 2:
		put(CALL_PTSZ(twin, cuMemcpy3DPeerAsync, &copy, stream), TALLY_PEER, n, stream,
			twin);
		break;
	default:
		put(CALL_PTSZ(twin, cuMemcpy3DAsync_v2, &copy, stream), direction(&copy), n, stream,
			twin);
	}
}

/* By the list: one call, in whatever direction. */
static void copy_batch(uint64_t to, uint64_t from)
{
	cu_pointer targets[BATCH], sources[BATCH];
	size_t sizes[BATCH], failed = 0, zero = 0, n = 1 + below(BATCH);
	struct cu_copy_attributes attributes = { .source_order = 1 };
	void *stream = current()->streams[below(STREAMS)];
	bool twin = chance(2);
	uint64_t bytes = 0;
	int status;

	for (size_t i = 0; i < n; i++) {
		targets[i] = to;
		sources[i] = from;
		bytes += sizes[i] = 1 + below(LINE);
	}
	if (chance(2))
		status = CALL_PTSZ(twin, cuMemcpyBatchAsync, targets, sources, sizes, n,
			&attributes, &zero, 1, &failed, stream);
	else
		status = CALL_PTSZ(twin, cuMemcpyBatchAsync_v2, targets, sources, sizes, n,
			&attributes, &zero, 1, stream);
	put(status, TALLY_UNIFIED, bytes, stream, twin);
}

/* Since CUDA 13.2: one copy with attributes; and over a fabric, where one side may be elsewhere. */
static void copy_later(uint64_t to, uint64_t from)
{
	size_t n = 1 + below(LINE);
	struct cu_copy_attributes attributes = { .source_order = 1 };
	struct cu_copy_3d_operation operation = { .from = { .type = CU_OPERAND_POINTER },
		.to = { .type = CU_OPERAND_POINTER },
		.width = n,
		.height = 1,
		.depth = 1 };
	struct cu_fabric_operation pieces[2] = { { .bytes = n }, { .bytes = 1 } };
	bool twin = chance(2), away = chance(2);
	void *stream = any_stream();

	operation.from.pointer.address = from;
	operation.to.pointer.address = to;
	for (int i = 0; i < 2; i++) {
		pieces[i].from.type = pieces[i].to.type = CU_FABRIC_POINTER;
		pieces[i].from.pointer.address = from;
		pieces[i].to.pointer.address = to;
	}
	if (away)
		pieces[1].to.type = CU_FABRIC_ENDPOINT;
	switch (below(3)) {
	case 0:
		put(CALL_PTSZ(twin, cuMemcpyWithAttributesAsync, to, from, n, &attributes, stream),
			TALLY_UNIFIED, n, stream, twin);
		break;
	case 1:
		put(CALL_PTSZ(twin, cuMemcpy3DWithAttributesAsync, &operation, 0, stream),
			TALLY_UNIFIED, n, stream, twin);
		break;
	default:
		put(CALL_PTSZ(twin, cuFabricCpyBatchAsync, 2, pieces, 0, stream),
			away ? TALLY_PEER : TALLY_UNIFIED, n + 1, stream, twin);
	}
}

void step_copy(void)
{
	struct block *one = any_memory(), *other = any_memory();
	size_t n = 1 + below(512);

	if (!one || !other)
		return;
	if (chance(16))
		n = (size_t)1 << 50; /* more than either has */
	switch (below(10)) {
	case 9:
		copy_later(one->address, other->address);
		break;
	case 0:
	case 1:
		copy_line(one->address, other->address, n);
		break;
	case 2:
	case 3:
		copy_line_async(one->address, other->address, n);
		break;
	case 4:
		copy_peer(one->address, other->address, n);
		break;
	case 5:
		copy_array(one->address, n);
		break;
	case 6:
		copy_2d(one->address, other->address);
		break;
	case 7:
		copy_3d(one->address, other->address);
		break;
	default:
		copy_batch(one->address, other->address);
	}
}

#define SET(suffix, size)                                                                          \
	do {                                                                                       \
		if (waits)                                                                         \
			done(twin, CALL_PTDS(twin, cuMemset##suffix##_v2, at, 7, n), TALLY_MEMSET, \
				n *(size));                                                        \
		else                                                                               \
			put(CALL_PTSZ(twin, cuMemset##suffix##Async, at, 7, n, stream),            \
				TALLY_MEMSET, n *(size), stream, twin);                            \
	} while (0)

#define SET_2D(suffix, size)                                                                       \
	do {                                                                                       \
		if (waits)                                                                         \
			done(twin,                                                                 \
				CALL_PTDS(                                                         \
					twin, cuMemsetD2##suffix##_v2, at, 128, 7, width, height), \
				TALLY_MEMSET, width *height *(size));                              \
		else                                                                               \
			put(CALL_PTSZ(twin, cuMemsetD2##suffix##Async, at, 128, 7, width, height,  \
				    stream),                                                       \
				TALLY_MEMSET, width *height *(size), stream, twin);                \
	} while (0)

void step_set(void)
{
	struct block *block = any_memory();
	uint64_t at = block ? block->address : 0, n = 1 + below(128), width = 1 + below(32),
		 height = 1 + below(4);
	bool waits = chance(2), twin = chance(2);
	void *stream = any_stream();

	if (!block)
		return;
	switch (below(6)) {
	case 0:
		SET(D8, 1);
		break;
	case 1:
		SET(D16, 2);
		break;
	case 2:
		SET(D32, 4);
		break;
	case 3:
		SET_2D(D8, 1);
		break;
	case 4:
		SET_2D(D16, 2);
		break;
	default:
		SET_2D(D32, 4);
	}
}
