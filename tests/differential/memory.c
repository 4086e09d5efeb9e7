/* SPDX-License-Identifier: MIT */
/* Memory: blocks of every allocator, and pieces of cuMemCreate. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

enum { EXCHANGE = 64, PIECE_UNIT = 2 << 20, ARRAY_WIDTH = 64, ARRAY_HEIGHT = 8 };

/* Blocks that one thread took and another gives back. */
static struct block *exchange[EXCHANGE];

static uint64_t any_bytes(void)
{
	switch (below(24)) {
	case 0:
		return 0; /* an error */
	case 1:
		return (uint64_t)1 << 45; /* more than there is */
	case 2:
		return 1;
	default:
		return 512 + below(65536);
	}
}

struct block *block_find(unsigned kinds)
{
	struct view *view = current();
	unsigned first = below(BLOCKS);

	for (unsigned i = 0; i < BLOCKS; i++) {
		struct block *block = &view->blocks[(first + i) % BLOCKS];

		if (block->address && kinds & 1u << block->kind)
			return block;
	}
	return NULL;
}

static int take_array(struct block *block)
{
	struct cu_array_2d flat = { ARRAY_WIDTH, ARRAY_HEIGHT, CU_FORMAT_FLOAT, 1 };
	struct cu_array_3d deep = { .width = ARRAY_WIDTH,
		.height = ARRAY_HEIGHT,
		.depth = 2,
		.format = CU_FORMAT_UINT8,
		.channels = 4 };
	void *handle = NULL;
	int status;

	block->width = ARRAY_WIDTH * 4;
	block->height = ARRAY_HEIGHT;
	block->bytes = (uint64_t)ARRAY_WIDTH * ARRAY_HEIGHT * 4;
	if (block->kind == BLOCK_MIPMAP) {
		deep.depth = 0;
		status = CALL(cuMipmappedArrayCreate, &handle, &deep, 3);
		block->bytes += block->bytes / 4 + block->bytes / 16;
	} else if (chance(2)) {
		status = CALL(cuArray3DCreate_v2, &handle, &deep);
		block->bytes *= 2;
	} else {
		status = CALL(cuArrayCreate_v2, &handle, &flat);
	}
	block->address = (uintptr_t)handle;
	return status;
}

static int take_plain(struct block *block)
{
	size_t pitch = 0;

	switch (below(4)) {
	case 0:
		return CALL(cuMemAllocManaged, &block->address, block->bytes, 1);
	case 1:
		block->width = 1 + below(1500);
		block->height = 1 + below(16);
		block->bytes = 0;
		if (CALL(cuMemAllocPitch_v2, &block->address, &pitch, block->width, block->height,
			    chance(16) ? 3 : 4))
			return -1;
		block->bytes = pitch * block->height;
		return 0;
	default:
		return CALL(cuMemAlloc_v2, &block->address, block->bytes);
	}
}

static bool has_pool(struct view *view)
{
	struct cu_pool_properties properties = { .type = CU_ALLOCATION_PINNED };

	if (view->pool)
		return true;
	/* It may be of another device than the stream's. */
	view->pool_device =
		world.foreign ? (int)below((unsigned)world.devices) : view->context->device;
	properties.location.type = CU_LOCATION_DEVICE;
	properties.location.id = view->pool_device;
	if (CALL(cuMemPoolCreate, &view->pool, &properties))
		view->pool = NULL;
	return view->pool;
}

/* For another context's stream, on that one's device. */
static int take_for_other(struct block *block, bool twin)
{
	struct view *view = &self->views[below(VIEWS)];
	void *stream = view->streams[below(STREAMS)];

	if (!view->context || !view->context->handle || !stream || view->capturing)
		return -1;
	block->device = view->context->device;
	return CALL_PTSZ(twin, cuMemAllocAsync, &block->address, block->bytes, stream);
}

/* In a capture it is a node of the graph, and so is the free: neither happens now. */
static int take_from_pool(struct block *block)
{
	struct view *view = current();
	void *stream = any_stream();
	bool twin = chance(3);
	int status;

	if (world.foreign && !view->capturing && chance(4))
		return take_for_other(block, twin);
	if (chance(2) && has_pool(view)) {
		block->device = view->pool_device;
		status = CALL_PTSZ(twin, cuMemAllocFromPoolAsync, &block->address, block->bytes,
			view->pool, stream);
	} else {
		status = CALL_PTSZ(twin, cuMemAllocAsync, &block->address, block->bytes, stream);
	}
	if (status || !is_captured(stream, twin))
		return status;
	graph_record_other();
	if (!CALL_PTSZ(twin, cuMemFreeAsync, block->address, stream))
		graph_record_other();
	return -1;
}

static int take_host(struct block *block)
{
	void *memory = NULL;
	int status;

	block->bytes &= 0xfffff;
	status = chance(2) ? CALL(cuMemAllocHost_v2, &memory, block->bytes)
			   : CALL(cuMemHostAlloc, &memory, block->bytes, below(4));

	block->address = (uintptr_t)memory;
	return status;
}

static int take_registered(struct block *block)
{
	struct view *view = current();
	unsigned first = below(REGISTERED_BYTES / 1024);

	block->address = (uintptr_t)(view->registered + first * 1024);
	block->bytes = 1024;
	return chance(2) ? CALL(cuMemHostRegister, view->registered + first * 1024, 1024, 0)
			 : CALL(cuMemHostRegister_v2, view->registered + first * 1024, 1024, 0);
}

static void take(struct block *block)
{
	static const enum block_kind kinds[] = { BLOCK_PLAIN, BLOCK_PLAIN, BLOCK_PLAIN, BLOCK_POOL,
		BLOCK_POOL, BLOCK_ARRAY, BLOCK_MIPMAP, BLOCK_HOST, BLOCK_REGISTERED };
	int status;

	*block = (struct block){ .kind = kinds[below(sizeof(kinds) / sizeof(kinds[0]))],
		.bytes = any_bytes(),
		.device = current()->context->device };
	if (block->kind == BLOCK_PLAIN)
		status = take_plain(block);
	else if (block->kind == BLOCK_POOL)
		status = take_from_pool(block);
	else if (block->kind == BLOCK_HOST)
		status = take_host(block);
	else if (block->kind == BLOCK_REGISTERED)
		status = take_registered(block);
	else
		status = take_array(block);
	if (status)
		block->address = 0;
	else if (block->kind == BLOCK_HOST)
		tally_host((int64_t)block->bytes, 1);
	else if (block->kind == BLOCK_REGISTERED)
		tally_registered((int64_t)block->bytes, 1);
	else
		tally_memory(block->device, (int64_t)block->bytes, 1);
}

static int free_pool_block(struct block *block)
{
	void *stream = any_stream();
	bool twin = chance(3);

	if (is_captured(stream, twin) || chance(3))
		return CALL(cuMemFree_v2, block->address);
	return CALL_PTSZ(twin, cuMemFreeAsync, block->address, stream);
}

static void give(struct block *block)
{
	void *handle = (void *)(uintptr_t)block->address;
	int status;

	switch (block->kind) {
	case BLOCK_PLAIN:
		status = CALL(cuMemFree_v2, block->address);
		break;
	case BLOCK_POOL:
		status = free_pool_block(block);
		break;
	case BLOCK_ARRAY:
		status = CALL(cuArrayDestroy, handle);
		break;
	case BLOCK_MIPMAP:
		status = CALL(cuMipmappedArrayDestroy, handle);
		break;
	case BLOCK_HOST:
		status = CALL(cuMemFreeHost, handle);
		break;
	default:
		status = CALL(cuMemHostUnregister, handle);
	}
	if (status)
		return;
	if (block->kind == BLOCK_HOST)
		tally_host(-(int64_t)block->bytes, -1);
	else if (block->kind == BLOCK_REGISTERED)
		tally_registered(-(int64_t)block->bytes, -1);
	else
		tally_memory(block->device, -(int64_t)block->bytes, -1);
	if (block->kind == BLOCK_PLAIN && world.threads == 1 && chance(8))
		(void)CALL(cuMemFree_v2, block->address); /* once more: an error */
	block->address = 0;
}

/* Leaves a block of a primary context for somebody, and frees what somebody left. */
static void swap(void)
{
	struct block *mine, **place = &exchange[below(EXCHANGE)];
	struct block *block = block_find(1u << BLOCK_PLAIN);

	if (!block || world.threads == 1 || !current()->context->primary)
		return;
	mine = malloc(sizeof(*mine));
	if (!mine)
		return;
	*mine = *block;
	block->address = 0;
	mine = __atomic_exchange_n(place, mine, __ATOMIC_ACQ_REL);
	if (mine) {
		give(mine);
		free(mine);
	}
}

void exchange_clean(void)
{
	for (int i = 0; i < EXCHANGE; i++) {
		if (exchange[i])
			give(exchange[i]);
		free(exchange[i]);
		exchange[i] = NULL;
	}
}

static void wrong_free(void)
{
	struct block *block = block_find(1u << BLOCK_PLAIN | 1u << BLOCK_POOL);

	if (chance(2))
		(void)CALL(cuMemFree_v2, 0); /* allowed, and frees nothing */
	else if (block)
		(void)CALL(cuMemFree_v2, block->address + 1);
}

void step_block(void)
{
	struct block *block = &current()->blocks[below(BLOCKS)];
	size_t available, total;

	if (chance(12))
		wrong_free();
	else if (chance(12))
		(void)CALL(cuMemGetInfo_v2, chance(2) ? &available : NULL, &total);
	else if (chance(10))
		swap();
	else if (!block->address)
		take(block);
	else
		give(block);
}

void blocks_clean(struct view *view)
{
	for (int i = 0; i < BLOCKS; i++)
		if (view->blocks[i].address)
			give(&view->blocks[i]);
	if (view->anchor && !CALL(cuMemFree_v2, view->anchor)) {
		tally_memory(view->context->device, -ANCHOR_BYTES, -1);
		view->anchor = 0;
	}
	if (view->pool && !CALL(cuMemPoolTrimTo, view->pool, 0) &&
		!CALL(cuMemPoolDestroy, view->pool))
		view->pool = NULL;
}

/* The context is gone. Memory from pools is not its own. */
void blocks_gone(struct view *view)
{
	for (int i = 0; i < BLOCKS; i++) {
		struct block *block = &view->blocks[i];

		if (!block->address)
			continue;
		if (block->kind == BLOCK_POOL) {
			if (!CALL(cuMemFree_v2, block->address))
				tally_memory(block->device, -(int64_t)block->bytes, -1);
		} else if (block->kind == BLOCK_HOST) {
			tally_host(-(int64_t)block->bytes, 0);
		} else if (block->kind == BLOCK_REGISTERED) {
			tally_registered(-(int64_t)block->bytes, 0);
		} else {
			tally_memory(block->device, -(int64_t)block->bytes, 0);
		}
	}
	if (view->anchor)
		tally_memory(view->context->device, -ANCHOR_BYTES, 0);
}

/* ---- cuMemCreate ---- */

static void create(struct piece *piece)
{
	struct cu_allocation_properties properties = { .type = CU_ALLOCATION_PINNED };

	*piece = (struct piece){ .bytes = (1 + below(3)) * (uint64_t)PIECE_UNIT, .device = -1 };
	properties.location.type = CU_LOCATION_HOST;
	if (!chance(8)) {
		piece->device = (int)below((unsigned)world.devices);
		properties.location.type = CU_LOCATION_DEVICE;
		properties.location.id = piece->device;
	}
	if (CALL(cuMemCreate, &piece->handle, chance(16) ? 1 : piece->bytes, &properties, 0))
		return;
	piece->used = true;
	piece->held = 1;
	if (piece->device >= 0)
		tally_memory(piece->device, (int64_t)piece->bytes, 1);
	else
		tally_registered((int64_t)piece->bytes, 1);
	if (CALL(cuMemAddressReserve, &piece->address, piece->bytes, 0, 0, 0))
		piece->address = 0;
}

static void drop(struct piece *piece)
{
	if (piece->held || piece->mapped)
		return;
	if (piece->device >= 0)
		tally_memory(piece->device, -(int64_t)piece->bytes, -1);
	else
		tally_registered(-(int64_t)piece->bytes, -1);
	if (piece->address)
		(void)CALL(cuMemAddressFree, piece->address, piece->bytes);
	piece->used = false;
}

static void unmap(struct piece *piece)
{
	if (CALL(cuMemUnmap, piece->address, piece->bytes))
		return;
	piece->mapped = false;
	drop(piece);
}

static void release(struct piece *piece)
{
	if (CALL(cuMemRelease, piece->handle))
		return;
	piece->held--;
	drop(piece);
}

static void map(struct piece *piece)
{
	struct cu_access access = { .location = { CU_LOCATION_DEVICE, 0 }, .flags = 3 };

	if (CALL(cuMemMap, piece->address, piece->bytes, 0, piece->handle, 0))
		return;
	piece->mapped = true;
	(void)CALL(cuMemSetAccess, piece->address, piece->bytes, &access, 1);
}

static void retain(struct piece *piece)
{
	void *handle = NULL;

	if (CALL(cuMemRetainAllocationHandle, &handle, (void *)(uintptr_t)piece->address))
		return;
	piece->handle = handle;
	piece->held++;
}

void step_piece(void)
{
	struct piece *piece = &self->pieces[below(PIECES)];

	if (!piece->used)
		create(piece);
	else if (piece->mapped && chance(3))
		retain(piece);
	else if (piece->held && chance(2))
		release(piece);
	else if (piece->mapped)
		unmap(piece);
	else if (piece->address)
		map(piece);
	else
		release(piece);
}

void pieces_clean(void)
{
	for (int i = 0; i < PIECES; i++) {
		struct piece *piece = &self->pieces[i];

		for (int tries = 0; piece->used && tries < 50; tries++) {
			if (piece->held)
				release(piece);
			else
				unmap(piece);
		}
	}
}
