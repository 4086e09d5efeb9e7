/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <string.h>

/* Everything that must be as this version of gpuspy writes it. */
static bool header_known(const struct segment_header *h)
{
	return h->header_size == sizeof(*h) && h->device_size == sizeof(struct segment_device) &&
	       h->library_size == sizeof(struct segment_library) &&
	       h->row_size == sizeof(struct segment_row) &&
	       h->slot_size == sizeof(struct segment_slot) &&
	       h->devices_offset == SEGMENT_DEVICES_OFFSET &&
	       h->libraries_offset == SEGMENT_LIBRARIES_OFFSET &&
	       h->rows_offset == SEGMENT_ROWS_OFFSET &&
	       h->strings_offset == SEGMENT_STRINGS_OFFSET &&
	       h->blocks_offset == SEGMENT_BLOCKS_OFFSET &&
	       h->block_stride == SEGMENT_BLOCK_STRIDE && h->pid > 0;
}

/*
 * What is counted as in place was written, so there is no hole in it. What a header claims beyond
 * is not read: a file of nothing but holes costs its writer nothing, and shall cost no reader more.
 */
static uint32_t written(const struct decoder *d, uint64_t part, uint32_t count, size_t size)
{
	uint64_t hole;

	if (!d->source.hole || !count)
		return count;
	hole = d->source.hole(d->source.context, part);
	if (hole <= part)
		return 0;
	hole = (hole - part) / size;
	return hole < count ? (uint32_t)hole : count;
}

/* The next block from `block` on that is not all hole. There may be thousands that are. */
static uint32_t next_block(const struct decoder *d, uint32_t block)
{
	uint64_t offset = SEGMENT_BLOCKS_OFFSET + block * SEGMENT_BLOCK_STRIDE, data;

	if (!d->source.data || block >= d->header.blocks)
		return block;
	data = d->source.data(d->source.context, offset);
	if (data <= offset)
		return block;
	data = (data - SEGMENT_BLOCKS_OFFSET) / SEGMENT_BLOCK_STRIDE;
	return data < d->header.blocks ? (uint32_t)data : d->header.blocks;
}

static bool is_hole(const struct decoder *d, uint64_t offset, size_t size)
{
	return d->source.data && d->source.data(d->source.context, offset) >= offset + size;
}

static int read_header(struct decoder *d)
{
	struct segment_header *h = &d->header;

	if (d->source.read(d->source.context, 0, h, sizeof(*h)))
		return fail(EIO);
	if (memcmp(h->magic, SEGMENT_MAGIC, sizeof(h->magic)) != 0)
		return fail(EINVAL);
	if (h->version != SEGMENT_VERSION)
		return fail(EPROTO);
	if (!header_known(h))
		return fail(EINVAL);
	h->devices = smaller(h->devices, SEGMENT_DEVICES_MAX);
	h->libraries = smaller(h->libraries, SEGMENT_LIBRARIES_MAX);
	h->blocks = smaller(h->blocks, SEGMENT_BLOCKS_MAX);
	h->block_slots = smaller(h->block_slots, SEGMENT_ROWS_MAX);
	d->n_rows = written(
		d, SEGMENT_ROWS_OFFSET, smaller(h->rows, SEGMENT_ROWS_MAX), sizeof(*d->rows));
	d->strings_size = written(d, SEGMENT_STRINGS_OFFSET,
		smaller(h->strings_size, SEGMENT_STRINGS_SIZE), sizeof(*d->strings));
	return 0;
}

void *pieces_part(struct decoder *d, struct arena *arena, uint64_t offset, size_t size)
{
	void *part = arena_take(arena, size + 1); /* and a 0 at the end */

	if (!part)
		errno = ENOMEM;
	else if (size && !is_hole(d, offset, size) &&
		 d->source.read(d->source.context, offset, part, size))
		return fail(EIO), NULL;
	return part;
}

/* A block that cannot be read is one that found no space in the file: GAP_PRIVATE. */
static int add_blocks(struct decoder *d)
{
	uint32_t slots = smaller(d->n_rows, d->header.block_slots);
	size_t size = slots * sizeof(struct segment_slot);
	struct segment_slot *block = arena_take(&d->scratch, size);

	d->sums = arena_take(&d->scratch, d->n_rows * sizeof(*d->sums));
	if (!block || !d->sums)
		return fail(ENOMEM);
	for (uint32_t i = next_block(d, 0); slots && i < d->header.blocks;
		i = next_block(d, i + 1)) {
		uint64_t offset = SEGMENT_BLOCKS_OFFSET + i * SEGMENT_BLOCK_STRIDE;

		if (is_hole(d, offset, size) ||
			d->source.read(d->source.context, offset, block, size))
			continue;
		for (uint32_t row = 0; row < slots; row++) {
			d->sums[row].first += block[row].first;
			d->sums[row].second += block[row].second;
		}
	}
	return 0;
}

const char *pieces_string(const struct decoder *d, uint32_t index)
{
	size_t room;

	if (!index || index >= d->strings_size)
		return NULL;
	room = d->strings_size - index;
	if (room > SEGMENT_STRING_MAX)
		room = SEGMENT_STRING_MAX;
	if (!d->strings[index] || strnlen(d->strings + index, room) == room)
		return NULL;
	return d->strings + index;
}

static const char *take_strings(struct decoder *d)
{
	if (d->source.strings)
		return d->source.strings(d->source.context, d->strings_size);
	return pieces_part(d, d->arena, SEGMENT_STRINGS_OFFSET, d->strings_size);
}

int pieces_read(struct decoder *d)
{
	if (read_header(d))
		return -1;
	d->rows = pieces_part(d, &d->scratch, SEGMENT_ROWS_OFFSET, d->n_rows * sizeof(*d->rows));
	d->strings = take_strings(d);
	return d->rows && d->strings ? add_blocks(d) : -1;
}
