/* SPDX-License-Identifier: MIT */
/*
 * Arrays: memory of devices in the driver's own arrangement. What is counted is what the elements
 * need; what the driver takes on top for alignment is not known.
 */
#include <stddef.h>

#include "../cuda/abi.h"
#include "../segment/writer.h"
#include "memory.h"
#include "observers.h"

/* Bytes of an element, all channels together; 0: not known (planar and compressed formats). */
static unsigned element_bytes(unsigned format, unsigned channels)
{
	switch (format) {
	case CU_FORMAT_UINT8:
	case CU_FORMAT_INT8:
		return channels;
	case CU_FORMAT_UINT16:
	case CU_FORMAT_INT16:
	case CU_FORMAT_HALF:
		return 2 * channels;
	case CU_FORMAT_UINT32:
	case CU_FORMAT_INT32:
	case CU_FORMAT_FLOAT:
		return 4 * channels;
	}
	/* Normalised formats say the channels themselves: 1, 2 or 4 of 8 bits, then of 16 bits. */
	if (format >= CU_FORMAT_NORMALISED_FIRST && format <= CU_FORMAT_NORMALISED_LAST) {
		unsigned k = (format - CU_FORMAT_NORMALISED_FIRST) % 6;

		return (1u << k % 3) * (k < 3 ? 1 : 2);
	}
	return 0;
}

static size_t at_least_one(size_t n)
{
	return n ? n : 1;
}

static void created(const void *const *array, const struct cu_array_3d *d, unsigned levels)
{
	uint64_t element = element_bytes(d->format, d->channels), bytes = 0;

	if (!element)
		gap(GAP_ARRAYS);
	for (unsigned i = 0; i < levels; i++)
		bytes += element * at_least_one(d->width >> i) * at_least_one(d->height >> i) *
			 at_least_one(d->depth >> i);
	memory_allocated((uintptr_t)*array, bytes, MEMORY_CONTEXT);
}

/* cuArrayCreate(array *, descriptor *) */
static void after_create_2d(struct frame *frame, int status)
{
	const void *const *array = ARGUMENT(frame, 0, const void *const *);
	const struct cu_array_2d *d = ARGUMENT(frame, 1, const struct cu_array_2d *);

	if (!status && array && d)
		created(array,
			&(struct cu_array_3d){ d->width, d->height, 0, d->format, d->channels, 0 },
			1);
}

/* cuArray3DCreate(array *, descriptor *) */
static void after_create_3d(struct frame *frame, int status)
{
	const void *const *array = ARGUMENT(frame, 0, const void *const *);
	const struct cu_array_3d *d = ARGUMENT(frame, 1, const struct cu_array_3d *);

	if (!status && array && d)
		created(array, d, 1);
}

/* cuMipmappedArrayCreate(array *, descriptor *, levels) */
static void after_create_mipmapped(struct frame *frame, int status)
{
	const void *const *array = ARGUMENT(frame, 0, const void *const *);
	const struct cu_array_3d *d = ARGUMENT(frame, 1, const struct cu_array_3d *);

	if (!status && array && d)
		created(array, d, ARGUMENT(frame, 2, unsigned));
}

const struct observer array_observers[] = {
	{ "cuArrayCreate_v2", NULL, after_create_2d },
	{ "cuArray3DCreate_v2", NULL, after_create_3d },
	{ "cuMipmappedArrayCreate", NULL, after_create_mipmapped },
	{ "cuArrayDestroy", memory_before_free, memory_after_free },
	{ "cuMipmappedArrayDestroy", memory_before_free, memory_after_free },
	{ NULL },
};
