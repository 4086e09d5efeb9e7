/* SPDX-License-Identifier: MIT */
#include "ended.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/arena.h"
#include "../ground/entries.h"
#include "../segment/alive.h"
#include "../segment/folded.h"
#include "../segment/paths.h"
#include "run_page.h"

enum { ENTRIES_SIZE = 16384 };

struct walk {
	const char *folder;
	int fd;
	unsigned segments, at, from;
	struct segment_header *header, *empty;
};

static bool is_segment(const char *name)
{
	uint64_t start_ticks;
	unsigned image;
	pid_t pid;

	return paths_segment_identity(name, &pid, &start_ticks, &image);
}

static bool count(void *context, const char *name)
{
	((struct walk *)context)->segments += is_segment(name);
	return false;
}

static bool read_header(const struct walk *walk, const char *name)
{
	int fd = openat(walk->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : pread(fd, walk->header, sizeof(*walk->header), 0);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)sizeof(*walk->header) &&
	       !memcmp(walk->header->magic, SEGMENT_MAGIC, sizeof(walk->header->magic)) &&
	       walk->header->version == SEGMENT_VERSION &&
	       walk->header->header_size == sizeof(*walk->header);
}

/* Who it is of. All else is as it was made: whatever is new in the header is something. */
static bool is_empty(const struct segment_header *h, struct segment_header *empty)
{
	memcpy(empty, h, offsetof(struct segment_header, nvidia_code));
	empty->rows = 1;
	empty->strings_size = h->strings_size;
	empty->block_slots = h->block_slots;
	empty->device_count = empty->exit_status = -1;
	empty->state = STATE_RUNNING;
	empty->visible_set = h->visible_set;
	empty->visible = h->visible;
	empty->fold_by = FOLD_ANYBODY;
	empty->run = run_page_number();
	empty->place = h->place;
	empty->monotonic.started_ns = h->monotonic.started_ns;
	empty->job = h->job;
	return !memcmp(h, empty, sizeof(*h));
}

/* Whoever takes the file away counts it. */
static bool look(void *context, const char *name)
{
	struct walk *walk = context;

	if (!is_segment(name) ||
		(walk->at++ + walk->segments - walk->from) % walk->segments >= ENDED_LOOKS)
		return false;
	memset(walk->empty, 0, sizeof(*walk->empty));
	if (read_header(walk, name) && is_empty(walk->header, walk->empty) &&
		alive_look(walk->header->pid, walk->header->start_ticks, &walk->header->place) ==
			ENDED &&
		!unlinkat(walk->fd, name, 0) && folded_add(walk->folder))
		run_page_folded(walk->folder);
	return false;
}

/* Those that live stand between: each process begins somewhere else. */
static void fold(struct walk *walk, char *entries)
{
	walk->from = (unsigned)getpid() % walk->segments;
	if (!lseek(walk->fd, 0, SEEK_SET))
		entries_each(walk->fd, entries, ENTRIES_SIZE, look, walk);
}

void ended_fold(const char *folder)
{
	struct walk walk = { .folder = folder };
	struct arena arena = { NULL };
	struct stat st;
	char *entries;

	walk.fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (walk.fd < 0)
		return;
	entries = arena_take(&arena, ENTRIES_SIZE);
	walk.header = arena_take(&arena, sizeof(*walk.header));
	walk.empty = arena_take(&arena, sizeof(*walk.empty));
	if (entries && walk.header && walk.empty && !fstat(walk.fd, &st) &&
		st.st_uid == geteuid()) {
		entries_each(walk.fd, entries, ENTRIES_SIZE, count, &walk);
		if (walk.segments > ENDED_KEPT)
			fold(&walk, entries);
		if (walk.segments > ENDED_PROCESSES && walk.segments % ENDED_SUMMED_EACH == 0)
			ended_sum(walk.fd, folder);
	}
	arena_free(&arena);
	close(walk.fd);
}
