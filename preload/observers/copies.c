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
#include "observers.h"
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

/* What waits, and has no stream, began a wait before. */
static void end_wait(struct frame *frame, bool succeeded)
{
	if (!frame->hook->observer->stream)
		sync_after(frame, !succeeded);
}

static void after_copy_2d(struct frame *frame, int status)
{
	const struct cu_copy_2d *copy = ARGUMENT(frame, 0, const struct cu_copy_2d *);
	int kind = status ? 0 : direction(copy->from.memory_type, copy->to.memory_type);

	end_wait(frame, kind == ROW_DEVICE_TO_HOST);
	if (status)
		return;
	count(frame, kind, (uint64_t)copy->width * copy->height);
}

static void after_copy_3d(struct frame *frame, int status)
{
	const struct cu_copy_3d *copy = ARGUMENT(frame, 0, const struct cu_copy_3d *);
	int kind = status ? 0 : direction(copy->from.memory_type, copy->to.memory_type);

	end_wait(frame, kind == ROW_DEVICE_TO_HOST);
	if (status)
		return;
	count(frame, kind, (uint64_t)copy->width * copy->height * copy->depth);
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
	COPY("cuMemcpy", ROW_UNIFIED, 2, NO_STREAM),
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
