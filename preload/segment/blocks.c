/* SPDX-License-Identifier: MIT */
#include "blocks.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../ground/large.h"
#include "own_file.h"

LARGE static struct segment_slot *blocks[SEGMENT_BLOCKS_MAX];
LARGE static bool wide[SEGMENT_BLOCKS_MAX]; /* mapped to its end */
static uint32_t known;                      /* of them, this segment's or the one's before */
static void (*block_moved)(const struct segment_slot *from, struct segment_slot *to);

void blocks_forget(void)
{
	memset(blocks, 0, known * sizeof(*blocks));
	known = 0;
}

/*
 * A block is mapped as far as most programs get; of one that gets further, the same pages are
 * mapped a second time, with all that may come (mremap(2), an old size of 0). Others may be
 * counting: the first mapping stays.
 */
enum { NARROW = SEGMENT_PAGE / 2 };

static uint64_t narrow(void)
{
	return own_file_piece() > NARROW ? own_file_piece() : NARROW;
}

static int widen(uint32_t number)
{
	struct segment_slot *from = blocks[number];
	void *to;

	if (wide[number])
		return 0;
	to = mremap(from, 0, SEGMENT_BLOCK_STRIDE, MREMAP_MAYMOVE);
	if (to == MAP_FAILED)
		return -1;
	__atomic_store_n(&blocks[number], to, __ATOMIC_RELEASE);
	wide[number] = true;
	block_moved(from, to);
	return 0;
}

/* Private memory cannot be mapped twice: a block that is to have some is widened before. */
static int grow_block(int fd, uint32_t number)
{
	uint64_t done = segment->block_slots * sizeof(struct segment_slot), size = own_file_piece();
	uint64_t offset = SEGMENT_BLOCKS_OFFSET + number * SEGMENT_BLOCK_STRIDE + done;
	int error;

	if (done + size > narrow() && widen(number))
		return -1;
	error = own_file_take(fd, (char *)blocks[number] + done, offset, size);
	if (error && widen(number))
		return -1;
	return error ? own_file_private((char *)blocks[number] + done, size, error) : 0;
}

int blocks_grow(uint32_t slots)
{
	int fd, status = 0;

	if (slots <= segment->block_slots)
		return 0;
	fd = own_file_open();
	for (uint32_t i = 0; !status && i < segment->blocks; i++)
		status = grow_block(fd, i);
	if (fd >= 0)
		close(fd);
	if (!status)
		__atomic_store_n(&segment->block_slots,
			segment->block_slots +
				(uint32_t)(own_file_piece() / sizeof(struct segment_slot)),
			__ATOMIC_RELEASE);
	return status;
}

/* A file that has a place for the next block; -1: it cannot be had. */
static int open_for_block(uint64_t end)
{
	int fd = -1;

	if (own_file_is_shut() || own_file_size_allowed(end))
		fd = own_file_open();
	else if (own_file_made())
		gap(GAP_SIZE_LIMIT);
	if (fd >= 0 && own_file_reach(fd, end)) {
		gap(gap_of_error(errno));
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A part of the file as what is mapped of it leads there: the file is out of reach. */
static void *map_again(uint64_t offset, uint64_t size)
{
	char *start = mremap(segment, 0, offset + size, MREMAP_MAYMOVE);

	if (start == MAP_FAILED)
		return MAP_FAILED;
	munmap(start, offset);
	return start + offset;
}

static void *map_memory_for(uint64_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Without a descriptor. `error`: as of own_file_take(). */
static void *map_without_file(uint64_t offset, uint64_t used, int *error)
{
	void *map = own_file_out_of_reach() ? map_again(offset, SEGMENT_BLOCK_STRIDE) : MAP_FAILED;

	if (map == MAP_FAILED) {
		*error = own_file_out_of_reach() ? EACCES : -1;
		return map_memory_for(SEGMENT_BLOCK_STRIDE);
	}
	*error = own_file_take(-1, map, offset, used);
	return map;
}

static void *map_in_file(int fd, uint64_t offset, uint64_t used, int *error)
{
	uint64_t size;

	*error = own_file_take(fd, NULL, offset, used);
	size = *error || used > narrow() ? SEGMENT_BLOCK_STRIDE : narrow();
	return own_file_map(fd, offset, size);
}

/* The next block's place in the file, and space for the slots in use. */
static struct segment_slot *map_block(uint32_t number)
{
	uint64_t offset = SEGMENT_BLOCKS_OFFSET + number * SEGMENT_BLOCK_STRIDE;
	uint64_t used = segment->block_slots * sizeof(struct segment_slot);
	int fd = open_for_block(offset + SEGMENT_BLOCK_STRIDE), error;
	void *map = fd >= 0 ? map_in_file(fd, offset, used, &error)
			    : map_without_file(offset, used, &error);

	wide[number] = fd < 0 || error || used > narrow();
	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED && error && own_file_private(map, used, error)) {
		munmap(map, wide[number] ? SEGMENT_BLOCK_STRIDE : narrow());
		map = MAP_FAILED;
	}
	return map == MAP_FAILED ? NULL : map;
}

struct segment_slot *blocks_new(
	void (*moved)(const struct segment_slot *from, struct segment_slot *to))
{
	struct segment_slot *block;

	if (segment->blocks == SEGMENT_BLOCKS_MAX)
		return NULL;
	block = map_block(segment->blocks);
	if (!block)
		return NULL;
	block_moved = moved;
	blocks[segment->blocks] = block;
	known = segment->blocks + 1;
	__atomic_store_n(&segment->blocks, known, __ATOMIC_RELEASE);
	return block;
}

struct segment_slot blocks_sum(uint32_t row)
{
	uint32_t n = __atomic_load_n(&segment->blocks, __ATOMIC_ACQUIRE);
	struct segment_slot sum = { .first = 0 };

	for (uint32_t i = 0; i < n; i++) {
		sum.first += __atomic_load_n(&blocks[i][row].first, __ATOMIC_RELAXED);
		sum.second += __atomic_load_n(&blocks[i][row].second, __ATOMIC_RELAXED);
	}
	return sum;
}

int blocks_read(uint64_t offset, void *to, size_t size)
{
	uint64_t block = offset / SEGMENT_BLOCK_STRIDE, within = offset % SEGMENT_BLOCK_STRIDE;

	if (block >= segment->blocks ||
		within + size > segment->block_slots * sizeof(struct segment_slot))
		return -1;
	memcpy(to, (char *)blocks[block] + within, size);
	return 0;
}
