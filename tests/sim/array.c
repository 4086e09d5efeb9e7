/* SPDX-License-Identifier: MIT */
/* Arrays and mipmapped arrays: host memory in rows. */
#include "export.h"
#include "ledger.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MIPMAP_LEVELS = 16 };

static size_t channel_bytes(unsigned format)
{
	switch (format) {
	case CU_FORMAT_UINT8:
	case CU_FORMAT_INT8:
		return 1;
	case CU_FORMAT_UINT16:
	case CU_FORMAT_INT16:
	case CU_FORMAT_HALF:
		return 2;
	case CU_FORMAT_UINT32:
	case CU_FORMAT_INT32:
	case CU_FORMAT_FLOAT:
		return 4;
	default:
		return 0;
	}
}

static size_t at_least_one(size_t n)
{
	return n ? n : 1;
}

static enum cu_status array_new(const struct cu_array_3d *description, struct array_memory **out)
{
	struct context *context = context_current();
	size_t element = channel_bytes(description->format) * description->channels;
	struct array_memory *array;
	size_t pitch = description->width * element, bytes;
	void *at;

	if (!pitch || description->channels == 3 || description->channels > 4)
		return CU_ERROR_INVALID_VALUE;
	bytes = pitch * at_least_one(description->height) * at_least_one(description->depth);
	if (bytes > context->device->total - context->device->live)
		return CU_ERROR_OUT_OF_MEMORY;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	array = at == MAP_FAILED ? NULL : object_new(OBJECT_ARRAY);
	if (!array)
		return CU_ERROR_OUT_OF_MEMORY;
	array->device = context->device;
	array->context = context;
	array->description = *description;
	array->pitch = pitch;
	array->rows = at_least_one(description->height);
	array->bytes = bytes;
	array->data = at;
	memory_account(context->device, (int64_t)bytes, false);
	*out = array;
	return CU_OK;
}

static void array_free(struct array_memory *array)
{
	memory_account(array->device, -(int64_t)array->bytes, false);
	munmap(array->data, array->bytes);
	object_free(array);
}

static void mipmap_free(struct mipmap *mipmap)
{
	for (unsigned i = 0; i < mipmap->count; i++)
		array_free(mipmap->levels[i]);
	object_free(mipmap);
}

void array_context_ended(struct context *context)
{
	struct array_memory *array = NULL;
	struct mipmap *mipmap = NULL;

	while ((mipmap = object_next(OBJECT_MIPMAP, mipmap)))
		if (mipmap->levels[0]->context == context)
			mipmap_free(mipmap);
	while ((array = object_next(OBJECT_ARRAY, array)))
		if (array->context == context)
			array_free(array);
}

static enum cu_status create(void **out, const struct cu_array_3d *description)
{
	struct array_memory *array;
	enum cu_status status;

	if (!out || !description)
		return CU_ERROR_INVALID_VALUE;
	status = array_new(description, &array);
	if (status != CU_OK)
		return status;
	memory_count("allocations");
	*out = array;
	return CU_OK;
}

FUNCTION(cuArrayCreate_v2, (void **out, const struct cu_array_2d *given), (out, given))
{
	struct cu_array_3d description = { 0 };

	if (!given)
		return CU_ERROR_INVALID_VALUE;
	description.width = given->width;
	description.height = given->height;
	description.format = given->format;
	description.channels = given->channels;
	return create(out, &description);
}

FUNCTION(
	cuArray3DCreate_v2, (void **out, const struct cu_array_3d *description), (out, description))
{
	return create(out, description);
}

FUNCTION(cuArrayDestroy, (void *handle), (handle))
{
	struct array_memory *array = object_get(OBJECT_ARRAY, handle);

	if (!array || array->mipmap)
		return CU_ERROR_INVALID_HANDLE;
	array_free(array);
	memory_count("frees");
	return CU_OK;
}

FUNCTION(cuArrayGetDescriptor_v2, (struct cu_array_2d * out, void *handle), (out, handle))
{
	struct array_memory *array = object_get(OBJECT_ARRAY, handle);

	if (!array)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	out->width = array->description.width;
	out->height = array->description.height;
	out->format = array->description.format;
	out->channels = array->description.channels;
	return CU_OK;
}

FUNCTION(cuArray3DGetDescriptor_v2, (struct cu_array_3d * out, void *handle), (out, handle))
{
	struct array_memory *array = object_get(OBJECT_ARRAY, handle);

	if (!array)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	*out = array->description;
	return CU_OK;
}

static unsigned most_levels(const struct cu_array_3d *description)
{
	size_t longest = description->width;
	unsigned levels = 1;

	if (description->height > longest)
		longest = description->height;
	if (description->depth > longest)
		longest = description->depth;
	while (longest >>= 1)
		levels++;
	return levels > MIPMAP_LEVELS ? MIPMAP_LEVELS : levels;
}

static size_t half(size_t n)
{
	return n > 1 ? n / 2 : n;
}

FUNCTION(cuMipmappedArrayCreate,
	(void **out, const struct cu_array_3d *description, unsigned levels),
	(out, description, levels))
{
	struct mipmap *mipmap;
	struct cu_array_3d level;
	enum cu_status status = CU_OK;

	if (!out || !description || !levels)
		return CU_ERROR_INVALID_VALUE;
	mipmap = object_new(OBJECT_MIPMAP);
	if (!mipmap)
		return CU_ERROR_OUT_OF_MEMORY;
	mipmap->description = level = *description;
	if (levels > most_levels(description))
		levels = most_levels(description);
	while (status == CU_OK && mipmap->count < levels) {
		status = array_new(&level, &mipmap->levels[mipmap->count]);
		if (status == CU_OK)
			mipmap->levels[mipmap->count++]->mipmap = mipmap;
		level.width = half(level.width);
		level.height = half(level.height);
		level.depth = half(level.depth);
	}
	if (status != CU_OK) {
		for (unsigned k = 0; k < mipmap->count; k++)
			ledger_add("allocated_bytes", -(uint64_t)mipmap->levels[k]->bytes);
		mipmap_free(mipmap);
		return status;
	}
	memory_count("allocations");
	*out = mipmap;
	return CU_OK;
}

FUNCTION(cuMipmappedArrayGetLevel, (void **out, void *handle, unsigned level), (out, handle, level))
{
	struct mipmap *mipmap = object_get(OBJECT_MIPMAP, handle);

	if (!mipmap)
		return CU_ERROR_INVALID_HANDLE;
	if (!out || level >= mipmap->count)
		return CU_ERROR_INVALID_VALUE;
	*out = mipmap->levels[level];
	return CU_OK;
}

FUNCTION(cuMipmappedArrayDestroy, (void *handle), (handle))
{
	struct mipmap *mipmap = object_get(OBJECT_MIPMAP, handle);

	if (!mipmap)
		return CU_ERROR_INVALID_HANDLE;
	mipmap_free(mipmap);
	memory_count("frees");
	return CU_OK;
}
