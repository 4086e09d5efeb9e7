/* SPDX-License-Identifier: MIT */
/*
 * Copies and memsets: calls and bytes by direction.
 */
#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/count.h"
#include "../hooks/threads.h"
#include "../segment/writer.h"
#include "capture.h"
#include "contexts.h"
#include "note.h"
#include "observers.h"
#include "own_call.h"
#include "sync.h"

/* One recorded into a capturing stream is not run now. */
static void count(const struct frame *frame, int kind, uint64_t bytes)
{
	struct context *context;
	struct segment_slot *slot;

	if (capture_has(frame))
		return;
	context = context_current();
	if (!context) {
		gap(GAP_CONTEXTS);
		return;
	}
	slot = thread_slot(context->row + (uint32_t)(kind - ROW_LAUNCHES));
	count_one(&slot->calls);
	count_more(&slot->bytes, bytes);
}

static void after_copy(struct frame *frame, int status)
{
	const struct observer *o = frame->hook->observer;

	if (!status)
		count(frame, o->direction, ARGUMENT(frame, o->bytes_argument, size_t));
}

/* A copy back that waits confirms what was launched before it. */
static void after_copy_back(struct frame *frame, int status)
{
	sync_after(frame, status);
	after_copy(frame, status);
}

static struct own_call get_attributes_call = { "cuPointerGetAttributes" };

#define MEMORY_PLAIN  0u
#define MEMORY_UNTOLD ~0u

/* The host's plain memory is nothing to the driver, which fails only if asked for one attribute. */
static unsigned memory_type(unsigned type, uint64_t address)
{
	int (*get)(unsigned n, int *attributes, void **values, uint64_t address);
	int attribute = CU_POINTER_MEMORY_TYPE;
	unsigned found = MEMORY_PLAIN;
	void *values[] = { &found };

	if (type != CU_MEMORY_UNIFIED)
		return type;
	get = own_call(&get_attributes_call);
	return get && !get(1, &attribute, values, address) ? found : MEMORY_UNTOLD;
}

static bool is_back(unsigned from, unsigned to)
{
	return (from == CU_MEMORY_DEVICE || from == CU_MEMORY_ARRAY) &&
	       (to == CU_MEMORY_HOST || to == MEMORY_PLAIN);
}

struct place {
	unsigned type; /* enum cu_memory_type */
	uint64_t address;
};

/*
 * What waits, and has no stream, began a wait before; it confirms if it was a copy back. Nothing is
 * asked where nothing is to be confirmed.
 */
static void end_wait(struct frame *frame, struct place from, struct place to)
{
	if (frame->hook->observer->stream)
		return;
	sync_after(frame,
		!note_of(frame)->waited.lane || !is_back(memory_type(from.type, from.address),
							memory_type(to.type, to.address)));
}

static void wait_failed(struct frame *frame, int status)
{
	if (!frame->hook->observer->stream)
		sync_after(frame, status);
}

/* cuMemcpy(to, from, bytes): the driver finds out from where to where. */
static void after_copy_unified(struct frame *frame, int status)
{
	if (status)
		wait_failed(frame, status);
	else
		end_wait(frame, (struct place){ CU_MEMORY_UNIFIED, ARGUMENT(frame, 1, uint64_t) },
			(struct place){ CU_MEMORY_UNIFIED, ARGUMENT(frame, 0, uint64_t) });
	after_copy(frame, status);
}

/* (to, value, elements) */
static void after_set(struct frame *frame, int status)
{
	const struct observer *o = frame->hook->observer;

	if (!status)
		count(frame, ROW_MEMSET, (uint64_t)o->element_bytes * ARGUMENT(frame, 2, size_t));
}

/* (to, pitch, value, width, height) */
static void after_set_2d(struct frame *frame, int status)
{
	const struct observer *o = frame->hook->observer;

	if (!status)
		count(frame, ROW_MEMSET,
			(uint64_t)o->element_bytes * ARGUMENT(frame, 3, size_t) *
				ARGUMENT(frame, 4, size_t));
}

/* From where to where, as the descriptors of 2D and 3D copies say it. */
static int direction(unsigned from, unsigned to)
{
	bool from_host = from == CU_MEMORY_HOST, to_host = to == CU_MEMORY_HOST;

	if (from == CU_MEMORY_UNIFIED || to == CU_MEMORY_UNIFIED || (from_host && to_host))
		return ROW_UNIFIED;
	if (from_host)
		return ROW_HOST_TO_DEVICE;
	return to_host ? ROW_DEVICE_TO_HOST : ROW_DEVICE_TO_DEVICE;
}

static void after_copy_2d(struct frame *frame, int status)
{
	const struct cu_copy_2d *copy = ARGUMENT(frame, 0, const struct cu_copy_2d *);

	if (status) {
		wait_failed(frame, status);
		return;
	}
	end_wait(frame, (struct place){ copy->from.memory_type, copy->from.device },
		(struct place){ copy->to.memory_type, copy->to.device });
	count(frame, direction(copy->from.memory_type, copy->to.memory_type),
		(uint64_t)copy->width * copy->height);
}

static void after_copy_3d(struct frame *frame, int status)
{
	const struct cu_copy_3d *copy = ARGUMENT(frame, 0, const struct cu_copy_3d *);

	if (status) {
		wait_failed(frame, status);
		return;
	}
	end_wait(frame, (struct place){ copy->from.memory_type, copy->from.device },
		(struct place){ copy->to.memory_type, copy->to.device });
	count(frame, direction(copy->from.memory_type, copy->to.memory_type),
		(uint64_t)copy->width * copy->height * copy->depth);
}

/* cuMemcpy3DPeer(copy *) */
static void after_copy_3d_peer(struct frame *frame, int status)
{
	const struct cu_copy_3d *copy = ARGUMENT(frame, 0, const struct cu_copy_3d *);

	if (!status)
		count(frame, ROW_PEER, (uint64_t)copy->width * copy->height * copy->depth);
}

/* cuMemcpyBatchAsync(to[], from[], sizes[], count, ...): each in the direction the driver chooses.
 */
static void after_batch(struct frame *frame, int status)
{
	const size_t *sizes = ARGUMENT(frame, 2, const size_t *);
	uint64_t bytes = 0;

	if (status)
		return;
	for (size_t i = 0; i < ARGUMENT(frame, 3, size_t); i++)
		bytes += sizes[i];
	count(frame, ROW_UNIFIED, bytes);
}

/* With arrays the size of elements is not known. */
static uint64_t bytes_of_operation(const struct cu_copy_3d_operation *op)
{
	if (op->from.type != CU_OPERAND_POINTER || op->to.type != CU_OPERAND_POINTER)
		return 0;
	return (uint64_t)op->width * op->height * op->depth;
}

/* cuMemcpy3DBatchAsync(count, operations[], ...) */
static void after_batch_3d(struct frame *frame, int status)
{
	const struct cu_copy_3d_operation *op =
		ARGUMENT(frame, 1, const struct cu_copy_3d_operation *);
	uint64_t bytes = 0;

	if (status)
		return;
	for (size_t i = 0; i < ARGUMENT(frame, 0, size_t); i++)
		bytes += bytes_of_operation(&op[i]);
	count(frame, ROW_UNIFIED, bytes);
}

/* cuMemcpy3DWithAttributesAsync(operation *, flags, stream) */
static void after_operation(struct frame *frame, int status)
{
	if (!status)
		count(frame, ROW_UNIFIED,
			bytes_of_operation(
				ARGUMENT(frame, 0, const struct cu_copy_3d_operation *)));
}

/*
 * cuFabricCpyBatchAsync(count, operations[], flags, stream): where a logical endpoint is one side,
 * to or from another machine.
 */
static void after_fabric(struct frame *frame, int status)
{
	const struct cu_fabric_operation *op =
		ARGUMENT(frame, 1, const struct cu_fabric_operation *);
	int kind = ROW_UNIFIED;
	uint64_t bytes = 0;

	if (status)
		return;
	for (size_t i = 0; i < ARGUMENT(frame, 0, size_t); i++, op++) {
		bytes += op->bytes;
		if (op->from.type == CU_FABRIC_ENDPOINT || op->to.type == CU_FABRIC_ENDPOINT)
			kind = ROW_PEER;
	}
	count(frame, kind, bytes);
}

enum { NO_STREAM = 0 };

#define BEFORE(at) ((at) ? capture_before : NULL)
#define ASYNC(name, after, at)                                                              \
	{                                                                                   \
		name, capture_before, after, .stream = at, .dozes = true,                   \
					     .arguments = (at) > 5 ? FIRST_NINE : FIRST_SIX \
	}
#define COPY(name, kind, bytes, at)                                                           \
	{                                                                                     \
		name, BEFORE(at), after_copy, .stream = at, .dozes = true, .direction = kind, \
					      .bytes_argument = bytes                         \
	}
#define SET(name, size, at)                                                                     \
	{                                                                                       \
		name, BEFORE(at), after_set, .stream = at, .dozes = true, .element_bytes = size \
	}
#define SET_2D(name, size, at)                                                                     \
	{                                                                                          \
		name, BEFORE(at), after_set_2d, .stream = at, .dozes = true, .element_bytes = size \
	}

const struct observer copy_observers[] = {
	{ "cuMemcpy", sync_before, after_copy_unified, .direction = ROW_UNIFIED,
		.bytes_argument = 2 },
	COPY("cuMemcpyAsync", ROW_UNIFIED, 2, 3),
	COPY("cuMemcpyHtoD_v2", ROW_HOST_TO_DEVICE, 2, NO_STREAM),
	COPY("cuMemcpyHtoDAsync_v2", ROW_HOST_TO_DEVICE, 2, 3),
	{ "cuMemcpyDtoH_v2", sync_before, after_copy_back, .direction = ROW_DEVICE_TO_HOST,
		.bytes_argument = 2 },
	COPY("cuMemcpyDtoHAsync_v2", ROW_DEVICE_TO_HOST, 2, 3),
	COPY("cuMemcpyDtoD_v2", ROW_DEVICE_TO_DEVICE, 2, NO_STREAM),
	COPY("cuMemcpyDtoDAsync_v2", ROW_DEVICE_TO_DEVICE, 2, 3),
	COPY("cuMemcpyPeer", ROW_PEER, 4, NO_STREAM),
	COPY("cuMemcpyPeerAsync", ROW_PEER, 4, 5),
	COPY("cuMemcpyDtoA_v2", ROW_DEVICE_TO_DEVICE, 3, NO_STREAM),
	COPY("cuMemcpyAtoD_v2", ROW_DEVICE_TO_DEVICE, 3, NO_STREAM),
	COPY("cuMemcpyAtoA_v2", ROW_DEVICE_TO_DEVICE, 4, NO_STREAM),
	COPY("cuMemcpyHtoA_v2", ROW_HOST_TO_DEVICE, 3, NO_STREAM),
	COPY("cuMemcpyHtoAAsync_v2", ROW_HOST_TO_DEVICE, 3, 4),
	{ "cuMemcpyAtoH_v2", sync_before, after_copy_back, .direction = ROW_DEVICE_TO_HOST,
		.bytes_argument = 3 },
	COPY("cuMemcpyAtoHAsync_v2", ROW_DEVICE_TO_HOST, 3, 4),
	{ "cuMemcpy2D_v2", sync_before, after_copy_2d },
	{ "cuMemcpy2DUnaligned_v2", sync_before, after_copy_2d },
	ASYNC("cuMemcpy2DAsync_v2", after_copy_2d, 1),
	{ "cuMemcpy3D_v2", sync_before, after_copy_3d },
	ASYNC("cuMemcpy3DAsync_v2", after_copy_3d, 1),
	{ "cuMemcpy3DPeer", NULL, after_copy_3d_peer },
	ASYNC("cuMemcpy3DPeerAsync", after_copy_3d_peer, 1),
	ASYNC("cuMemcpyBatchAsync", after_batch, 8),
	ASYNC("cuMemcpyBatchAsync_v2", after_batch, 7),
	ASYNC("cuMemcpy3DBatchAsync", after_batch_3d, 4),
	ASYNC("cuMemcpy3DBatchAsync_v2", after_batch_3d, 3),
	COPY("cuMemcpyWithAttributesAsync", ROW_UNIFIED, 2, 4),
	ASYNC("cuMemcpy3DWithAttributesAsync", after_operation, 2),
	ASYNC("cuFabricCpyBatchAsync", after_fabric, 3),
	SET("cuMemsetD8_v2", 1, NO_STREAM),
	SET("cuMemsetD16_v2", 2, NO_STREAM),
	SET("cuMemsetD32_v2", 4, NO_STREAM),
	SET("cuMemsetD8Async", 1, 3),
	SET("cuMemsetD16Async", 2, 3),
	SET("cuMemsetD32Async", 4, 3),
	SET_2D("cuMemsetD2D8_v2", 1, NO_STREAM),
	SET_2D("cuMemsetD2D16_v2", 2, NO_STREAM),
	SET_2D("cuMemsetD2D32_v2", 4, NO_STREAM),
	SET_2D("cuMemsetD2D8Async", 1, 5),
	SET_2D("cuMemsetD2D16Async", 2, 5),
	SET_2D("cuMemsetD2D32Async", 4, 5),
	{ NULL },
};
