/* SPDX-License-Identifier: MIT */
/* Copies by the list: one call, and one copy of all its bytes in the ledger. */
#include "capture.h"
#include "export.h"
#include "graph.h"
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

static enum cu_status run_piece(const struct piece *piece)
{
	struct cu_copy_3d copy = { .width = piece->bytes, .height = 1, .depth = 1 };

	if (!piece->to || !piece->from)
		return CU_OK;
	copy.from.memory_type = copy.to.memory_type = CU_MEMORY_UNIFIED;
	copy.from.device = piece->from;
	copy.to.device = piece->to;
	return copy_run(&copy);
}

enum cu_status batch_run(const struct work *work)
{
	enum cu_status status = CU_OK;

	for (size_t i = 0; status == CU_OK && i < work->batch.count; i++)
		status = run_piece(&work->batch.pieces[i]);
	return status;
}

bool batch_copy(struct work *to, const struct work *from)
{
	to->batch.pieces = malloc(from->batch.count * sizeof(*to->batch.pieces));
	if (to->batch.pieces)
		memcpy(to->batch.pieces, from->batch.pieces,
			from->batch.count * sizeof(*to->batch.pieces));
	return to->batch.pieces;
}

/* The pieces are kept until the next batch is made: under the lock. */
static struct piece *room_for(size_t count)
{
	static struct piece *pieces;
	static size_t room;

	if (count > room) {
		struct piece *more = realloc(pieces, count * sizeof(*more));

		if (!more)
			return NULL;
		pieces = more;
		room = count;
	}
	return pieces;
}

enum cu_status work_of_batch(struct work *work, const struct cu_batch_params *params)
{
	struct piece *pieces;

	memset(work, 0, sizeof(*work));
	if (!params->to || !params->from || !params->sizes || !params->count ||
		!params->attributes || !params->indices || !params->attribute_count ||
		params->attribute_count > params->count)
		return CU_ERROR_INVALID_VALUE;
	pieces = room_for(params->count);
	if (!pieces)
		return CU_ERROR_OUT_OF_MEMORY;
	for (size_t i = 0; i < params->count; i++)
		pieces[i] = (struct piece){ params->to[i], params->from[i], params->sizes[i] };
	work->type = CU_NODE_MEMCPY_BATCH;
	work->batch.count = params->count;
	work->batch.pieces = pieces;
	return CU_OK;
}

static cu_pointer address_of(const struct cu_fabric_operand *operand)
{
	return operand->type == CU_FABRIC_POINTER ? operand->pointer.address : 0;
}

enum cu_status work_of_fabric(struct work *work, const struct cu_fabric_params *params)
{
	struct piece *pieces;

	memset(work, 0, sizeof(*work));
	if (!params->count || !params->operations || params->flags)
		return CU_ERROR_INVALID_VALUE;
	pieces = room_for(params->count);
	if (!pieces)
		return CU_ERROR_OUT_OF_MEMORY;
	for (size_t i = 0; i < params->count; i++) {
		const struct cu_fabric_operation *op = &params->operations[i];

		pieces[i] = (struct piece){ address_of(&op->to), address_of(&op->from), op->bytes };
		if (op->flags || (!pieces[i].to && !pieces[i].from))
			return CU_ERROR_INVALID_VALUE;
		if (!pieces[i].to || !pieces[i].from)
			work->batch.peer = true;
	}
	work->type = CU_NODE_FABRIC_BATCH;
	work->batch.count = params->count;
	work->batch.pieces = pieces;
	return CU_OK;
}

/* The default streams will not do. */
static enum cu_status begin(void *handle, struct stream **stream)
{
	*stream = object_get(OBJECT_STREAM, handle);
	if (*stream)
		return CU_OK;
	return handle && handle != CU_STREAM_HANDLE_LEGACY ? CU_ERROR_INVALID_HANDLE
							   : CU_ERROR_INVALID_VALUE;
}

static enum cu_status batch(
	const struct cu_batch_params *params, size_t *failed, void *stream_handle)
{
	struct stream *stream;
	struct work work;
	enum cu_status status = work_of_batch(&work, params);

	if (status == CU_OK)
		status = begin(stream_handle, &stream);
	for (size_t i = 0; status == CU_OK && i < work.batch.count; i++) {
		struct piece *piece = &work.batch.pieces[i];
		struct cu_copy_3d copy = { { .memory_type = CU_MEMORY_UNIFIED,
						   .device = piece->from },
			{ .memory_type = CU_MEMORY_UNIFIED, .device = piece->to }, piece->bytes, 1,
			1 };

		status = copy_check(&copy);
		if (status != CU_OK && failed)
			*failed = i;
	}
	return status == CU_OK ? work_submit(stream, &work) : status;
}

FUNCTION_PTSZ(cuMemcpyBatchAsync,
	(const cu_pointer *to, const cu_pointer *from, const size_t *sizes, size_t n,
		const struct cu_copy_attributes *attributes, const size_t *indices,
		size_t attribute_count, size_t *failed, void *stream),
	(to, from, sizes, n, attributes, indices, attribute_count, failed, stream))
{
	struct cu_batch_params params = { n, (cu_pointer *)(uintptr_t)to,
		(cu_pointer *)(uintptr_t)from, (size_t *)(uintptr_t)sizes,
		(struct cu_copy_attributes *)(uintptr_t)attributes, (size_t *)(uintptr_t)indices,
		attribute_count, NULL };

	return batch(&params, failed, stream);
}

FUNCTION_PTSZ(cuMemcpyBatchAsync_v2,
	(const cu_pointer *to, const cu_pointer *from, const size_t *sizes, size_t n,
		const struct cu_copy_attributes *attributes, const size_t *indices,
		size_t attribute_count, void *stream),
	(to, from, sizes, n, attributes, indices, attribute_count, stream))
{
	struct cu_batch_params params = { n, (cu_pointer *)(uintptr_t)to,
		(cu_pointer *)(uintptr_t)from, (size_t *)(uintptr_t)sizes,
		(struct cu_copy_attributes *)(uintptr_t)attributes, (size_t *)(uintptr_t)indices,
		attribute_count, NULL };

	return batch(&params, NULL, stream);
}

static struct cu_copy_side_3d side(const struct cu_copy_operand *operand)
{
	struct cu_copy_side_3d made = { 0 };

	if (operand->type == CU_OPERAND_POINTER) {
		made.memory_type = CU_MEMORY_UNIFIED;
		made.device = operand->pointer.address;
		made.pitch = operand->pointer.row_length;
		made.height = operand->pointer.layer_height;
	} else if (operand->type == CU_OPERAND_ARRAY) {
		made.memory_type = CU_MEMORY_ARRAY;
		made.array = operand->array.array;
		made.x = operand->array.offset[0];
		made.y = operand->array.offset[1];
		made.z = operand->array.offset[2];
	}
	return made;
}

static struct cu_copy_3d copy_of(const struct cu_copy_3d_operation *op)
{
	return (struct cu_copy_3d){ side(&op->from), side(&op->to), op->width, op->height,
		op->depth };
}

/* A capture cannot hold it. */
static enum cu_status batch_3d(size_t n, const struct cu_copy_3d_operation *operations,
	size_t *failed, unsigned long long flags, void *handle)
{
	struct stream *stream;
	enum cu_status status = begin(handle, &stream);
	size_t bytes = 0;

	if (!n || !operations || flags)
		return CU_ERROR_INVALID_VALUE;
	if (status == CU_OK && (stream->capture || stream->cig))
		status = capture_forbids_waiting(stream);
	if (status == CU_OK)
		stream_touched(stream);
	for (size_t i = 0; status == CU_OK && i < n; i++) {
		struct cu_copy_3d copy = copy_of(&operations[i]);

		status = copy_run(&copy);
		bytes += copy.width * copy.height * copy.depth;
		if (status != CU_OK && failed)
			*failed = i;
	}
	if (status == CU_OK) {
		ledger_add("copies.unified.calls", 1);
		ledger_add("copies.unified.bytes", bytes);
	}
	return status;
}

FUNCTION_PTSZ(cuMemcpy3DBatchAsync,
	(size_t n, const struct cu_copy_3d_operation *operations, size_t *failed,
		unsigned long long flags, void *stream),
	(n, operations, failed, flags, stream))
{
	return batch_3d(n, operations, failed, flags, stream);
}

FUNCTION_PTSZ(cuMemcpy3DBatchAsync_v2,
	(size_t n, const struct cu_copy_3d_operation *operations, unsigned long long flags,
		void *stream),
	(n, operations, flags, stream))
{
	return batch_3d(n, operations, NULL, flags, stream);
}

static enum cu_status one(const struct cu_copy_3d *copy, void *handle)
{
	struct stream *stream = stream_get(handle);
	struct work work = { .type = CU_NODE_MEMCPY };
	enum cu_status status = copy_check(copy);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	work.copy.copy = *copy;
	work.copy.context = stream->context;
	return status == CU_OK ? work_submit(stream, &work) : status;
}

FUNCTION_PTSZ(cuMemcpyWithAttributesAsync,
	(cu_pointer to, cu_pointer from, size_t bytes, const struct cu_copy_attributes *attributes,
		void *stream),
	(to, from, bytes, attributes, stream))
{
	struct cu_copy_3d copy = { { .memory_type = CU_MEMORY_UNIFIED, .device = from },
		{ .memory_type = CU_MEMORY_UNIFIED, .device = to }, bytes, 1, 1 };

	(void)attributes;
	return one(&copy, stream);
}

FUNCTION_PTSZ(cuMemcpy3DWithAttributesAsync,
	(const struct cu_copy_3d_operation *operation, unsigned long long flags, void *stream),
	(operation, flags, stream))
{
	struct cu_copy_3d copy;

	if (!operation || flags)
		return CU_ERROR_INVALID_VALUE;
	copy = copy_of(operation);
	copy.from.memory_type = copy.to.memory_type = CU_MEMORY_UNIFIED;
	return one(&copy, stream);
}

FUNCTION_PTSZ(cuFabricCpyBatchAsync,
	(size_t count, struct cu_fabric_operation *operations, unsigned long long flags,
		void *handle),
	(count, operations, flags, handle))
{
	const struct cu_fabric_params params = { count, operations, flags, NULL };
	struct stream *stream = stream_get(handle);
	struct work work;
	enum cu_status status = work_of_fabric(&work, &params);

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	if (stream == stream->context->legacy)
		return CU_ERROR_INVALID_VALUE;
	return status == CU_OK ? work_submit(stream, &work) : status;
}
