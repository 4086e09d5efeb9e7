/* SPDX-License-Identifier: MIT */
/* The entry points of copies. */
#include "capture.h"
#include "export.h"
#include "graph.h"

enum { WAITS = 1, PEER = 2 };

static enum cu_status submit(const struct cu_copy_3d *copy, void *handle, int how)
{
	struct work work = { .type = CU_NODE_MEMCPY };
	struct stream *stream = stream_get(how & WAITS ? NULL : handle);
	enum cu_status status;

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	work.copy.copy = *copy;
	work.copy.peer = how & PEER;
	work.copy.context = stream->context;
	status = copy_check(copy);
	if (status == CU_OK && how & WAITS)
		status = capture_forbids_waiting(stream);
	if (status == CU_OK && how & WAITS)
		status = context_synchronise(stream->context);
	return status == CU_OK ? work_submit(stream, &work) : status;
}

static struct cu_copy_side_3d side(unsigned type, uintptr_t address)
{
	struct cu_copy_side_3d made = { .memory_type = type };

	if (type == CU_MEMORY_HOST)
		made.host = (void *)address;
	else if (type == CU_MEMORY_ARRAY)
		made.array = (void *)address;
	else
		made.device = address;
	return made;
}

static enum cu_status line(
	struct cu_copy_side_3d to, struct cu_copy_side_3d from, size_t bytes, void *stream, int how)
{
	struct cu_copy_3d copy = { from, to, bytes, 1, 1 };

	return submit(&copy, stream, how);
}

#define HOST(address)    side(CU_MEMORY_HOST, (uintptr_t)(address))
#define DEVICE(address)  side(CU_MEMORY_DEVICE, address)
#define UNIFIED(address) side(CU_MEMORY_UNIFIED, address)

static struct cu_copy_side_3d in_array(void *array, size_t offset)
{
	struct cu_copy_side_3d made = side(CU_MEMORY_ARRAY, (uintptr_t)array);

	made.x = offset;
	return made;
}

FUNCTION_PTDS(cuMemcpy, (cu_pointer to, cu_pointer from, size_t bytes), (to, from, bytes))
{
	return line(UNIFIED(to), UNIFIED(from), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyHtoD_v2, (cu_pointer to, const void *from, size_t bytes), (to, from, bytes))
{
	return line(DEVICE(to), HOST(from), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyDtoH_v2, (void *to, cu_pointer from, size_t bytes), (to, from, bytes))
{
	return line(HOST(to), DEVICE(from), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyDtoD_v2, (cu_pointer to, cu_pointer from, size_t bytes), (to, from, bytes))
{
	return line(DEVICE(to), DEVICE(from), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyPeer,
	(cu_pointer to, void *to_context, cu_pointer from, void *from_context, size_t bytes),
	(to, to_context, from, from_context, bytes))
{
	if (!object_get(OBJECT_CONTEXT, to_context) || !object_get(OBJECT_CONTEXT, from_context))
		return CU_ERROR_INVALID_CONTEXT;
	return line(DEVICE(to), DEVICE(from), bytes, NULL, WAITS | PEER);
}

FUNCTION_PTDS(cuMemcpyDtoA_v2, (void *array, size_t offset, cu_pointer from, size_t bytes),
	(array, offset, from, bytes))
{
	return line(in_array(array, offset), DEVICE(from), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyAtoD_v2, (cu_pointer to, void *array, size_t offset, size_t bytes),
	(to, array, offset, bytes))
{
	return line(DEVICE(to), in_array(array, offset), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyHtoA_v2, (void *array, size_t offset, const void *from, size_t bytes),
	(array, offset, from, bytes))
{
	return line(in_array(array, offset), HOST(from), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyAtoH_v2, (void *to, void *array, size_t offset, size_t bytes),
	(to, array, offset, bytes))
{
	return line(HOST(to), in_array(array, offset), bytes, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpyAtoA_v2,
	(void *to, size_t to_offset, void *from, size_t from_offset, size_t bytes),
	(to, to_offset, from, from_offset, bytes))
{
	return line(in_array(to, to_offset), in_array(from, from_offset), bytes, NULL, WAITS);
}

FUNCTION_PTSZ(cuMemcpyAsync, (cu_pointer to, cu_pointer from, size_t bytes, void *stream),
	(to, from, bytes, stream))
{
	return line(UNIFIED(to), UNIFIED(from), bytes, stream, 0);
}

FUNCTION_PTSZ(cuMemcpyHtoDAsync_v2, (cu_pointer to, const void *from, size_t bytes, void *stream),
	(to, from, bytes, stream))
{
	return line(DEVICE(to), HOST(from), bytes, stream, 0);
}

FUNCTION_PTSZ(cuMemcpyDtoHAsync_v2, (void *to, cu_pointer from, size_t bytes, void *stream),
	(to, from, bytes, stream))
{
	return line(HOST(to), DEVICE(from), bytes, stream, 0);
}

FUNCTION_PTSZ(cuMemcpyDtoDAsync_v2, (cu_pointer to, cu_pointer from, size_t bytes, void *stream),
	(to, from, bytes, stream))
{
	return line(DEVICE(to), DEVICE(from), bytes, stream, 0);
}

FUNCTION_PTSZ(cuMemcpyPeerAsync,
	(cu_pointer to, void *to_context, cu_pointer from, void *from_context, size_t bytes,
		void *stream),
	(to, to_context, from, from_context, bytes, stream))
{
	if (!object_get(OBJECT_CONTEXT, to_context) || !object_get(OBJECT_CONTEXT, from_context))
		return CU_ERROR_INVALID_CONTEXT;
	return line(DEVICE(to), DEVICE(from), bytes, stream, PEER);
}

FUNCTION_PTSZ(cuMemcpyHtoAAsync_v2,
	(void *array, size_t offset, const void *from, size_t bytes, void *stream),
	(array, offset, from, bytes, stream))
{
	return line(in_array(array, offset), HOST(from), bytes, stream, 0);
}

FUNCTION_PTSZ(cuMemcpyAtoHAsync_v2,
	(void *to, void *array, size_t offset, size_t bytes, void *stream),
	(to, array, offset, bytes, stream))
{
	return line(HOST(to), in_array(array, offset), bytes, stream, 0);
}

static struct cu_copy_side_3d widened(const struct cu_copy_side_2d *side)
{
	return (struct cu_copy_side_3d){ .x = side->x,
		.y = side->y,
		.memory_type = side->memory_type,
		.host = side->host,
		.device = side->device,
		.array = side->array,
		.pitch = side->pitch };
}

static enum cu_status plane(const struct cu_copy_2d *given, void *stream, int how)
{
	struct cu_copy_3d copy = { .depth = 1 };

	if (!given)
		return CU_ERROR_INVALID_VALUE;
	copy.from = widened(&given->from);
	copy.to = widened(&given->to);
	copy.width = given->width;
	copy.height = given->height;
	return submit(&copy, stream, how);
}

FUNCTION_PTDS(cuMemcpy2D_v2, (const struct cu_copy_2d *copy), (copy))
{
	return plane(copy, NULL, WAITS);
}

FUNCTION_PTDS(cuMemcpy2DUnaligned_v2, (const struct cu_copy_2d *copy), (copy))
{
	return plane(copy, NULL, WAITS);
}

FUNCTION_PTSZ(cuMemcpy2DAsync_v2, (const struct cu_copy_2d *copy, void *stream), (copy, stream))
{
	return plane(copy, stream, 0);
}

FUNCTION_PTDS(cuMemcpy3D_v2, (const struct cu_copy_3d *copy), (copy))
{
	return copy ? submit(copy, NULL, WAITS) : CU_ERROR_INVALID_VALUE;
}

FUNCTION_PTSZ(cuMemcpy3DAsync_v2, (const struct cu_copy_3d *copy, void *stream), (copy, stream))
{
	return copy ? submit(copy, stream, 0) : CU_ERROR_INVALID_VALUE;
}

FUNCTION_PTDS(cuMemcpy3DPeer, (const struct cu_copy_3d *copy), (copy))
{
	return copy ? submit(copy, NULL, WAITS | PEER) : CU_ERROR_INVALID_VALUE;
}

FUNCTION_PTSZ(cuMemcpy3DPeerAsync, (const struct cu_copy_3d *copy, void *stream), (copy, stream))
{
	return copy ? submit(copy, stream, PEER) : CU_ERROR_INVALID_VALUE;
}
