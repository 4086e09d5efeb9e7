/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/lock.h"
#include "blocks.h"
#include "own_file.h"

LARGE static struct segment_header at_first; /* the header when nothing had happened yet */
static uint64_t rows_space, strings_space;   /* bytes of these parts that can be touched */

static char *at(uint64_t offset)
{
	return (char *)segment + offset;
}

static struct segment_row *rows(void)
{
	return (struct segment_row *)at(SEGMENT_ROWS_OFFSET);
}

static int grow(uint64_t *space, uint64_t part, uint64_t needed)
{
	int fd, status = 0;

	if (needed <= *space)
		return 0;
	fd = own_file_open();
	while (!status && *space < needed) {
		status = own_file_space(fd, at(part + *space), part + *space, own_file_piece());
		if (!status)
			*space += own_file_piece();
	}
	if (fd >= 0)
		close(fd);
	return status;
}

static void write_header(struct segment_header *h, const struct writer_identity *identity)
{
	h->version = SEGMENT_VERSION;
	h->header_size = sizeof(*h);
	h->device_size = sizeof(struct segment_device);
	h->library_size = sizeof(struct segment_library);
	h->row_size = sizeof(struct segment_row);
	h->slot_size = sizeof(struct segment_slot);
	h->devices_offset = SEGMENT_DEVICES_OFFSET;
	h->libraries_offset = SEGMENT_LIBRARIES_OFFSET;
	h->rows_offset = SEGMENT_ROWS_OFFSET;
	h->strings_offset = SEGMENT_STRINGS_OFFSET;
	h->blocks_offset = SEGMENT_BLOCKS_OFFSET;
	h->block_stride = SEGMENT_BLOCK_STRIDE;
	h->pid = identity->pid;
	h->parent = identity->parent;
	h->uid = identity->uid;
	h->image = identity->image;
	h->start_ticks = identity->start_ticks;
	h->started_ns = identity->started_ns;
	h->monotonic.started_ns = identity->started_monotonic_ns;
	h->forked = identity->forked;
	h->attached_tenths = identity->attached_tenths;
	h->attached_offset = identity->attached_offset;
	h->place = identity->place;
	h->device_count = -1;
	h->exit_status = -1;
	h->rows = 1; /* row 0 and string 0 mean "none" */
	h->strings_size = 1;
	h->block_slots = (uint32_t)(own_file_piece() / sizeof(struct segment_slot));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(h->magic, SEGMENT_MAGIC, sizeof(h->magic));
}

/* In the file; NULL, with errno, when it cannot be had. */
static void *map_file(const char *folder, const char *name, const struct writer_identity *identity)
{
	void *map = own_file_make(folder, name);
	int error;

	if (!map)
		return NULL;
	write_header(map, identity);
	if (!own_file_name())
		return map;
	error = errno;
	munmap(map, SEGMENT_BLOCKS_OFFSET);
	errno = error;
	return NULL;
}

static void *map_memory(const struct writer_identity *identity, enum gap why)
{
	struct segment_header *map = mmap(NULL, SEGMENT_BLOCKS_OFFSET, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	write_header(map, identity);
	map->gaps[why]++;
	map->gaps[GAP_NO_FILE]++;
	if (why != GAP_FOREIGN_FOLDER)
		own_file_mark_lost();
	return map;
}

int writer_open(const char *folder, const char *name, const struct writer_identity *identity)
{
	void *map = map_file(folder, name, identity);

	if (!map)
		map = map_memory(identity, gap_of_error(errno));
	if (!map)
		return -1;
	rows_space = strings_space = 0;
	blocks_forget();
	__atomic_store_n(&segment, map, __ATOMIC_RELEASE);
	return 0;
}

/* What a reader of the child alone is to know of its parent's driver, which is the child's, too. */
static void inherit(const struct segment_header *parent)
{
	segment->forked = parent->init_ok || parent->forked == FORKED_AFTER_INIT
				  ? FORKED_AFTER_INIT
				  : FORKED_BEFORE_INIT;
	segment->simulated = parent->simulated;
	segment->stub = parent->stub;
	segment->driver_version = parent->driver_version;
}

int writer_reopen(const char *folder, const char *name, const struct writer_identity *identity)
{
	struct segment_header *parent = segment;
	uint32_t n_rows = parent->rows, n_strings = parent->strings_size;
	uint32_t slots = parent->block_slots;
	const struct segment_row *from = rows();
	const char *strings = at(SEGMENT_STRINGS_OFFSET);

	if (writer_open(folder, name, identity))
		return -1;
	if (grow(&rows_space, SEGMENT_ROWS_OFFSET, n_rows * sizeof(struct segment_row)) ||
		grow(&strings_space, SEGMENT_STRINGS_OFFSET, n_strings))
		return -1;
	memcpy(at(SEGMENT_STRINGS_OFFSET), strings, n_strings);
	segment->strings_size = n_strings;
	for (uint32_t i = 1; i < n_rows; i++) {
		struct segment_row *row = &rows()[i];

		row->kind = from[i].kind;
		row->layer = from[i].layer;
		row->device = from[i].device;
		row->name = from[i].name;
		row->library = from[i].library;
	}
	inherit(parent);
	segment->block_slots = slots;
	__atomic_store_n(&segment->rows, n_rows, __ATOMIC_RELEASE);
	munmap(parent, SEGMENT_BLOCKS_OFFSET);
	return 0;
}

void writer_note_kernel(void)
{
	uint64_t unknown = 0;

	/* Two threads may be first at the same time: one of them is right enough. */
	if (!__atomic_load_n(&segment->monotonic.first_kernel_ns, __ATOMIC_RELAXED))
		__atomic_compare_exchange_n(&segment->monotonic.first_kernel_ns, &unknown,
			snapshot_monotonic(), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void writer_begun(void)
{
	at_first = *segment;
}

bool writer_saw_nothing(void)
{
	struct segment_header now = *segment;

	/* What the end itself writes; a witness who saw nothing is needed for a NO. */
	if (!(now.witness.looked & LOOKED_AT_KERNEL))
		return false;
	now.witness.looked = at_first.witness.looked;
	now.state = at_first.state;
	now.fold_by = at_first.fold_by;
	now.exit_status = at_first.exit_status;
	now.ended_ns = at_first.ended_ns;
	now.monotonic.ended_ns = at_first.monotonic.ended_ns;
	return own_file_made() && !own_file_is_first() && !memcmp(&now, &at_first, sizeof(now));
}

uint32_t writer_rows(const struct segment_row *row, unsigned count)
{
	uint32_t first;
	int saved = errno;

	lock_take(LOCK_SEGMENT);
	first = segment->rows;
	if (first + count > SEGMENT_ROWS_MAX ||
		grow(&rows_space, SEGMENT_ROWS_OFFSET, (first + count) * sizeof(*row)) ||
		blocks_grow(first + count)) {
		first = 0;
	} else {
		memcpy(&rows()[first], row, count * sizeof(*row));
		__atomic_store_n(&segment->rows, first + count, __ATOMIC_RELEASE);
	}
	lock_give(LOCK_SEGMENT);
	errno = saved;
	return first;
}

uint32_t writer_row(const struct segment_row *row)
{
	return writer_rows(row, 1);
}

bool writer_has_rows(unsigned count)
{
	/* What the libraries of one process export is a few thousand; what it calls, far fewer. */
	enum { KEPT_BACK = 1024 };

	return __atomic_load_n(&segment->rows, __ATOMIC_ACQUIRE) + count <=
	       SEGMENT_ROWS_MAX - KEPT_BACK;
}

struct segment_row *writer_row_at(uint32_t row)
{
	return &rows()[row];
}

uint32_t writer_string(const char *text)
{
	size_t length = text ? strnlen(text, SEGMENT_STRING_MAX - 1) : 0;
	uint32_t string = 0;
	int saved = errno;

	if (!length)
		return 0;
	if (text[length])
		gap(GAP_NAMES);
	lock_take(LOCK_SEGMENT);
	if (segment->strings_size + length + 1 <= SEGMENT_STRINGS_SIZE &&
		!grow(&strings_space, SEGMENT_STRINGS_OFFSET, segment->strings_size + length + 1)) {
		string = segment->strings_size;
		memcpy(at(SEGMENT_STRINGS_OFFSET + string), text, length);
		__atomic_store_n(
			&segment->strings_size, string + (uint32_t)length + 1, __ATOMIC_RELEASE);
	}
	lock_give(LOCK_SEGMENT);
	if (!string)
		gap(GAP_NAMES);
	errno = saved;
	return string;
}

const char *writer_string_at(uint32_t string)
{
	return string ? at(SEGMENT_STRINGS_OFFSET + string) : "";
}

struct segment_device *writer_device(int ordinal)
{
	if (ordinal >= SEGMENT_DEVICES_MAX)
		gap(GAP_DEVICES);
	if (ordinal < 0 || ordinal >= SEGMENT_DEVICES_MAX)
		return NULL;
	if (segment->devices <= (uint32_t)ordinal)
		__atomic_store_n(&segment->devices, (uint32_t)ordinal + 1, __ATOMIC_RELEASE);
	return (struct segment_device *)at(SEGMENT_DEVICES_OFFSET) + ordinal;
}

struct segment_library *writer_library(const char *name)
{
	struct segment_library *all = (struct segment_library *)at(SEGMENT_LIBRARIES_OFFSET);
	uint32_t string;

	for (uint32_t i = 0; i < segment->libraries; i++)
		if (!strcmp(writer_string_at(all[i].name), name))
			return &all[i];
	string = segment->libraries < SEGMENT_LIBRARIES_MAX ? writer_string(name) : 0;
	if (!string) {
		gap(GAP_LIBRARIES);
		return NULL;
	}
	all[segment->libraries].name = string;
	__atomic_store_n(&segment->libraries, segment->libraries + 1, __ATOMIC_RELEASE);
	return &all[segment->libraries - 1];
}

/* A piece may span the parts before the blocks, or lie in one block: nothing else is asked for. */
static int read_memory(void *context, uint64_t offset, void *to, size_t size)
{
	(void)context;
	if (offset + size <= SEGMENT_BLOCKS_OFFSET) {
		memcpy(to, at(offset), size);
		return 0;
	}
	if (offset < SEGMENT_BLOCKS_OFFSET)
		return -1;
	return blocks_read(offset - SEGMENT_BLOCKS_OFFSET, to, size);
}

struct segment_source writer_source(void)
{
	return (struct segment_source){ .read = read_memory, .whole = true };
}
