/* Copies by the list: one call, and one copy of all its bytes in the ledger. */
#include "capture.h"
#include "export.h"
#include "graph.h"
#include "ledger.h"

#include <string.h>

static enum cu_status copy_one(cu_pointer to, cu_pointer from, size_t bytes)
{
	struct cu_copy_3d copy = { .width = bytes, .height = 1, .depth = 1 };

	copy.from.memory_type = copy.to.memory_type = CU_MEMORY_UNIFIED;
	copy.from.device = from;
	copy.to.device = to;
	return copy_run(&copy);
}

static enum cu_status begin(void *handle)
{
	/* The default streams will not do, and a capture cannot hold it. */
	struct stream *stream = object_get(OBJECT_STREAM, handle);

	if (!stream)
		return handle && handle != CU_STREAM_HANDLE_LEGACY ? CU_ERROR_INVALID_HANDLE
								   : CU_ERROR_INVALID_VALUE;
	stream_touched(stream);
	return stream->capture ? capture_forbids_waiting(stream) : CU_OK;
}

static void count(size_t bytes)
{
	ledger_add("copies.unified.calls", 1);
	ledger_add("copies.unified.bytes", bytes);
}

static enum cu_status batch(const cu_pointer *to, const cu_pointer *from, const size_t *sizes,
	size_t count_of, size_t attributes, size_t *failed, void *stream)
{
	enum cu_status status = begin(stream);
	size_t bytes = 0;

	if (!to || !from || !sizes || !count_of || !attributes || attributes > count_of)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; status == CU_OK && i < count_of; i++) {
		status = copy_one(to[i], from[i], sizes[i]);
		bytes += sizes[i];
		if (status != CU_OK && failed)
			*failed = i;
	}
	if (status == CU_OK)
		count(bytes);
	return status;
}

FUNCTION_PTSZ(cuMemcpyBatchAsync,
	(const cu_pointer *to, const cu_pointer *from, const size_t *sizes, size_t n,
		const struct cu_copy_attributes *attributes, const size_t *indices,
		size_t attribute_count, size_t *failed, void *stream),
	(to, from, sizes, n, attributes, indices, attribute_count, failed, stream))
{
	if (!attributes || !indices)
		return CU_ERROR_INVALID_VALUE;
	return batch(to, from, sizes, n, attribute_count, failed, stream);
}

FUNCTION_PTSZ(cuMemcpyBatchAsync_v2,
	(const cu_pointer *to, const cu_pointer *from, const size_t *sizes, size_t n,
		const struct cu_copy_attributes *attributes, const size_t *indices,
		size_t attribute_count, void *stream),
	(to, from, sizes, n, attributes, indices, attribute_count, stream))
{
	if (!attributes || !indices)
		return CU_ERROR_INVALID_VALUE;
	return batch(to, from, sizes, n, attribute_count, NULL, stream);
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

static enum cu_status batch_3d(size_t n, const struct cu_copy_3d_operation *operations,
	size_t *failed, unsigned long long flags, void *stream)
{
	enum cu_status status = begin(stream);
	size_t bytes = 0;

	if (!n || !operations || flags)
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; status == CU_OK && i < n; i++) {
		struct cu_copy_3d copy = { side(&operations[i].from), side(&operations[i].to),
			operations[i].width, operations[i].height, operations[i].depth };

		status = copy_run(&copy);
		bytes += copy.width * copy.height * copy.depth;
		if (status != CU_OK && failed)
			*failed = i;
	}
	if (status == CU_OK)
		count(bytes);
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
