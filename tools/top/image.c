/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Blocks that are read without a look at the clock or for holes: more threads are rare. */
enum { BLOCKS_AT_ONCE = 8 };

/* The header and the first devices stand beside each other: one system call less. */
enum { BEGIN = SEGMENT_DEVICES_OFFSET + 2 * sizeof(struct segment_device) };

struct reading {
	int fd;
	struct budget *budget;
	struct names *names; /* of the last reading, then of this one */
	bool late;           /* time ran out within this segment */
	uint64_t hole, data; /* from the one to the other there is nothing in the file */
	size_t n_begin;
	char begin[BEGIN];
};

/* A sparse file may claim thousands of blocks: what was never written is not read. */
static bool in_hole(struct reading *reading, uint64_t offset, size_t size)
{
	if (offset < reading->hole || offset >= reading->data) {
		off_t data = lseek(reading->fd, (off_t)offset, SEEK_DATA);

		reading->hole = offset;
		reading->data = data >= 0 ? (uint64_t)data : errno == ENXIO ? UINT64_MAX : offset;
	}
	return offset + size <= reading->data;
}

static bool is_late(struct reading *reading)
{
	reading->late = reading->late || !budget_time(reading->budget);
	return reading->late;
}

static size_t read_bytes(int fd, uint64_t offset, void *to, size_t size)
{
	size_t done = 0;
	ssize_t got = 1;

	while (done < size && got > 0) {
		got = pread(fd, (char *)to + done, size - done, (off_t)(offset + done));
		done += got > 0 ? (size_t)got : 0;
	}
	return done;
}

/* For the reader, a block that cannot be read is one that was never written. */
static int read_piece(void *context, uint64_t offset, void *to, size_t size)
{
	struct reading *reading = context;

	if (offset >= SEGMENT_BLOCKS_OFFSET + BLOCKS_AT_ONCE * SEGMENT_BLOCK_STRIDE &&
		(in_hole(reading, offset, size) || is_late(reading)))
		return -1;
	if (!offset)
		reading->n_begin = read_bytes(reading->fd, 0, reading->begin, BEGIN);
	if (size > reading->n_begin || offset > reading->n_begin - size)
		return read_bytes(reading->fd, offset, to, size) == size ? 0 : -1;
	memcpy(to, reading->begin + offset, size);
	return 0;
}

static struct names *read_names(struct reading *reading, uint32_t size)
{
	struct names *names = malloc(sizeof(*names) + size + 1);
	size_t got = names ? read_bytes(reading->fd, SEGMENT_STRINGS_OFFSET, names->text, size) : 0;

	if (!names || got != size) {
		errno = names ? EIO : ENOMEM;
		free(names);
		return NULL;
	}
	names->users = 1;
	names->size = size;
	names->text[size] = 0;
	return names;
}

/* Names seldom come: what was read of them before mostly does. */
static const char *take_names(void *context, uint32_t size)
{
	struct reading *reading = context;
	struct names *known = reading->names;

	errno = ENOMEM;
	if (size > reading->budget->memory)
		return NULL;
	if (!known || known->size != size) {
		reading->names = read_names(reading, size);
		names_release(known);
	}
	return reading->names ? reading->names->text : NULL;
}

static bool is_of(const struct process_snapshot *process, const struct segment_file *file)
{
	return process->pid == file->pid && process->start_ticks == file->start_ticks &&
	       process->image == file->number;
}

static enum image_result decode(
	struct image *image, struct budget *budget, int fd, struct segment_file *file)
{
	struct reading reading = { .fd = fd, .budget = budget, .names = file->names };
	size_t left = budget->memory + BUDGET_SCRATCH;
	int status;

	image->arena.budget = &left;
	status = snapshot_read(&image->process, &image->arena,
		(struct segment_source){ .read = read_piece,
			.context = &reading,
			.lives = file->run_state != 0,
			.unordered = file->run_state != 0,
			.strings = take_names });
	image->arena.budget = NULL;
	file->names = reading.names;
	image->names = reading.names;
	if (image->names)
		image->names->users++;
	if (status)
		return errno == ENOMEM ? IMAGE_TOO_MUCH : IMAGE_BROKEN;
	if (!is_of(&image->process, file)) {
		errno = EINVAL;
		return IMAGE_BROKEN;
	}
	image->size = image->arena.size + sizeof(*image) + image->names->size;
	return !reading.late && budget_take(budget, image->size + BUDGET_PROCESS) ? IMAGE_READ
										  : IMAGE_TOO_MUCH;
}

enum image_result image_read(
	struct image **out, struct budget *budget, int fd, struct segment_file *file)
{
	enum image_result result = IMAGE_TOO_MUCH;
	struct image *image;

	if (!budget_time(budget) || budget->memory < BUDGET_PROCESS)
		return IMAGE_TOO_MUCH;
	image = calloc(1, sizeof(*image));
	if (!image)
		return IMAGE_TOO_MUCH;
	image->users = 1;
	result = decode(image, budget, fd, file);
	if (result == IMAGE_READ)
		*out = image;
	else
		image_release(image);
	return result;
}
