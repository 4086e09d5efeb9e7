/* SPDX-License-Identifier: MIT */
/*
 * Adding up the oldest processes of a session that ended. A process may be killed at any point of
 * it: the new sum is in its place before the segments go, and says which they are.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/arena.h"
#include "../ground/entries.h"
#include "../ground/sort.h"
#include "../segment/alive.h"
#include "../segment/folded.h"
#include "../segment/paths.h"
#include "../segment/summed.h"
#include "children.h"
#include "ended.h"
#include "run_page.h"
#include "session.h"

enum { ENTRIES_SIZE = 16384, IMAGES_MAX = 4096 };

/* One segment; in a list of processes, the first one of each. */
struct image {
	pid_t pid;
	unsigned number, images; /* images: of its process, with the numbers from 0 on */
	uint64_t start_ticks, started_ns;
	uint32_t task; /* of its job, raw */
	bool forked, may;
};

struct crowd {
	int fd;
	const char *path;
	struct arena arena;
	struct segment_header *header;
	struct image *list;
	unsigned n;
	struct process_snapshot *chosen;
	struct summed_segment *segments; /* of those */
	unsigned n_chosen, n_segments;
	struct summed *sum;
};

static bool (*is_explained)(const struct process_snapshot *process);

void ended_begin(bool (*explained)(const struct process_snapshot *process))
{
	is_explained = explained;
}

static void name_of(char name[64], const struct summed_segment *segment)
{
	snprintf(name, 64, "%d-%llu-%u.seg", (int)segment->pid,
		(unsigned long long)segment->start_ticks, segment->image);
}

/* Whoever takes a file away counts it. */
static void remove_segments(
	const struct crowd *crowd, const struct summed_segment *segments, unsigned n)
{
	char name[64];

	for (unsigned i = 0; i < n; i++) {
		name_of(name, &segments[i]);
		if (!unlinkat(crowd->fd, name, 0))
			run_page_folded(crowd->path);
	}
}

/* What one of another run, host or namespace did is left to others. */
static bool may_be_added(const struct segment_header *h)
{
	return h->run == run_page_number() && !h->attached_tenths && session_may_fold(h->fold_by) &&
	       alive_is_here(&h->place) && alive_look(h->pid, h->start_ticks, &h->place) == ENDED;
}

static bool read_header(const struct crowd *crowd, const char *name)
{
	struct segment_header *h = crowd->header;
	int fd = openat(crowd->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : pread(fd, h, sizeof(*h), 0);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)sizeof(*h) && !memcmp(h->magic, SEGMENT_MAGIC, sizeof(h->magic)) &&
	       h->version == SEGMENT_VERSION && h->header_size == sizeof(*h);
}

static bool list(void *context, const char *name)
{
	struct crowd *crowd = context;
	struct image *image = &crowd->list[crowd->n];

	if (!paths_segment_identity(name, &image->pid, &image->start_ticks, &image->number))
		return false;
	image->may = read_header(crowd, name) && may_be_added(crowd->header);
	image->started_ns = crowd->header->started_ns;
	image->task = crowd->header->job.numbers[JOB_TASK];
	image->forked = crowd->header->forked != NOT_FORKED;
	return ++crowd->n == IMAGES_MAX;
}

static int compare_images(const void *a, const void *b)
{
	const struct image *l = a, *r = b;

	if (l->pid != r->pid)
		return l->pid < r->pid ? -1 : 1;
	if (l->start_ticks != r->start_ticks)
		return l->start_ticks < r->start_ticks ? -1 : 1;
	return l->number < r->number ? -1 : l->number > r->number;
}

static int compare_starts(const void *a, const void *b)
{
	const struct image *l = a, *r = b;

	if (l->started_ns != r->started_ns)
		return l->started_ns < r->started_ns ? -1 : 1;
	return compare_images(a, b);
}

/* Of the images the processes, the oldest first. One is added up with all of its images. */
static int group(struct crowd *crowd)
{
	struct image *list = crowd->list;
	unsigned n = 0, next;

	if (sort_array(list, crowd->n, sizeof(*list), compare_images))
		return -1;
	for (unsigned i = 0; i < crowd->n; i = next) {
		struct image process = list[i];

		for (next = i; next < crowd->n && list[next].pid == process.pid &&
			       list[next].start_ticks == process.start_ticks;
			next++)
			process.may &= list[next].may && list[next].number == next - i;
		process.images = next - i;
		list[n++] = process;
	}
	crowd->n = n;
	return sort_array(list, n, sizeof(*list), compare_starts);
}

/* The first process is what the session began with. Ranks of a job are counted by who has one. */
static bool may_go(const struct crowd *crowd, const struct image *process)
{
	return process->may && process != crowd->list && process->task == crowd->list->task &&
	       crowd->n_segments + process->images <= SUMMED_LAST_MAX;
}

static void choose(struct crowd *crowd, const struct image *process)
{
	struct process_snapshot *chosen = &crowd->chosen[crowd->n_chosen];
	struct summed_segment segment = { process->start_ticks, process->pid, 0 };
	char name[64];

	name_of(name, &segment);
	if (snapshot_read_process(chosen, &crowd->arena, crowd->fd, name, process->images) ||
		!is_explained(chosen))
		return;
	crowd->n_chosen++;
	for (; segment.image < process->images; segment.image++)
		crowd->segments[crowd->n_segments++] = segment;
	if (process->forked)
		children_forget(process->pid);
}

static void choose_all(struct crowd *crowd)
{
	unsigned wanted = crowd->n > ENDED_PROCESSES ? crowd->n - ENDED_PROCESSES : 0;

	if (wanted > ENDED_SUMMED)
		wanted = ENDED_SUMMED;
	for (unsigned i = 0; i < crowd->n && crowd->n_chosen < wanted; i++)
		if (may_go(crowd, &crowd->list[i]))
			choose(crowd, &crowd->list[i]);
}

/* Whoever was killed when he had added up has left something to do. */
static int add_up(struct crowd *crowd)
{
	if (summed_read(crowd->sum, &crowd->arena, crowd->fd) || lseek(crowd->fd, 0, SEEK_SET))
		return -1;
	remove_segments(crowd, crowd->sum->last, crowd->sum->n_last);
	if (entries_each(crowd->fd, (char *)crowd->segments, ENTRIES_SIZE, list, crowd) ||
		group(crowd))
		return -1;
	choose_all(crowd);
	if (!crowd->n_chosen ||
		summed_add(crowd->sum, &crowd->arena, crowd->chosen, crowd->n_chosen))
		return -1;
	crowd->sum->last = crowd->segments;
	crowd->sum->n_last = crowd->n_segments;
	return summed_write(crowd->sum, &crowd->arena, crowd->fd);
}

void ended_sum(int folder, const char *path)
{
	struct crowd crowd = { .fd = folder, .path = path };
	int lock = is_explained ? folded_lock(folder) : -1;

	if (lock < 0)
		return;
	crowd.header = arena_take(&crowd.arena, sizeof(*crowd.header));
	crowd.list = arena_take(&crowd.arena, (IMAGES_MAX + 1) * sizeof(*crowd.list));
	crowd.chosen = arena_take(&crowd.arena, ENDED_SUMMED * sizeof(*crowd.chosen));
	crowd.segments = arena_take(&crowd.arena, ENTRIES_SIZE);
	crowd.sum = arena_take(&crowd.arena, sizeof(*crowd.sum));
	if (crowd.header && crowd.list && crowd.chosen && crowd.segments && crowd.sum &&
		!add_up(&crowd))
		remove_segments(&crowd, crowd.segments, crowd.n_segments);
	folded_unlock(lock);
	arena_free(&crowd.arena);
}

_Static_assert(SUMMED_LAST_MAX * sizeof(struct summed_segment) <= (size_t)ENTRIES_SIZE, "");
