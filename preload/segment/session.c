/* SPDX-License-Identifier: MIT */
/*
 * All segments of a session, added up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/path.h"
#include "../ground/sort.h"
#include "figures.h"
#include "folded.h"
#include "paths.h"
#include "run_page.h"
#include "snapshot.h"
#include "strangers.h"
#include "summed.h"

enum {
	SEGMENTS_MAX = 4096, /* of one session; more are said to be unreadable */
	ENTRIES_SIZE = 32 * 1024,
	/* Of a folder of another user, who may have put anything there, so much is read: of
	 * processor time in nanoseconds, and of memory for what is read, of which more is made. */
	OTHERS_NS = 40000000,
	OTHERS_BYTES = 8 << 20,
	/* A folder is read so often, if processes are added up meanwhile. */
	TRIES = 4,
	TRIES_OF_OTHERS = 2,
};

struct image {
	struct image *next;
	struct process_snapshot process;
};

struct reading {
	struct arena *arena;
	const struct process_snapshot *self;
	struct image *images;
	unsigned count, unreadable, other_version, unrecorded;
	struct strangers marked;
	uid_t user; /* whose folder is being read, of those; 0: the session's own */
	struct folded_numbers folded; /* in such folders */
	struct summed *summed;        /* of the folder that is being read */
	struct summed *sum;           /* of all folders */
	int folder;
	uint64_t until; /* of this thread's processor time; 0: there is no limit */
	bool whole;     /* all images that left a file are here */
	bool failed;    /* there is no memory */
};

static uint64_t processor_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct process_snapshot *new_image(struct reading *reading)
{
	struct image *image = arena_take(reading->arena, sizeof(*image));

	if (!image)
		return NULL;
	image->next = reading->images;
	reading->images = image;
	reading->count++;
	return &image->process;
}

static bool is_self(const struct process_snapshot *self, const char *name)
{
	uint64_t start_ticks;
	unsigned image;
	pid_t pid;

	return self && paths_segment_identity(name, &pid, &start_ticks, &image) &&
	       pid == self->pid && start_ticks == self->start_ticks && image == self->image;
}

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), wanted = strlen(end);

	return *name != '.' && length > wanted && !strcmp(name + length - wanted, end);
}

/* Says that the process of that name has no segment here. Is it anybody but ourselves? */
static bool is_mark(const struct reading *reading, const char *name)
{
	char segment[128];
	size_t length = strlen(name);

	if (!ends_in(name, ".lost") || length >= sizeof(segment))
		return false;
	memcpy(segment, name, length - 5);
	strcpy(segment + length - 5, ".seg");
	return !is_self(reading->self, segment);
}

/* In a folder of another user all is to be that user's: links lead to others' files, too. */
static bool is_of_user(const struct reading *reading, const char *name)
{
	struct stat st;

	return !reading->user || (!fstatat(reading->folder, name, &st, AT_SYMLINK_NOFOLLOW) &&
					 st.st_uid == reading->user);
}

/* Added up already, and not removed yet. */
static bool is_summed(const struct reading *reading, const char *name)
{
	uint64_t start_ticks;
	unsigned image;
	pid_t pid;

	return reading->summed->processes &&
	       paths_segment_identity(name, &pid, &start_ticks, &image) &&
	       summed_has(reading->summed, pid, start_ticks, image);
}

static bool believe(const struct reading *reading, struct process_snapshot *process)
{
	if (!reading->user)
		return true;
	process->figures.gaps[GAP_AS_USER]++;
	return process->uid == reading->user;
}

static int read_entry(struct reading *reading, const char *name)
{
	struct process_snapshot *process;

	/* Other files in the folder are none of a reader's business. */
	reading->unrecorded += is_mark(reading, name);
	if (!reading->user && strangers_note(&reading->marked, name))
		return 0;
	if (!ends_in(name, ".seg") || is_self(reading->self, name) || is_summed(reading, name))
		return 0;
	if (reading->count >= SEGMENTS_MAX || !is_of_user(reading, name) ||
		(reading->until && processor_time() > reading->until)) {
		reading->unreadable++;
		return 0;
	}
	process = new_image(reading);
	if (!process && reading->until) {
		reading->unreadable++;
		return 0;
	}
	if (!process)
		return -1;
	errno = 0;
	if (snapshot_read_file(process, reading->arena, reading->folder, name) == 0 &&
		believe(reading, process))
		return 0;
	reading->images = reading->images->next;
	reading->count--;
	if (errno == EPROTO)
		reading->other_version++;
	else
		reading->unreadable += errno != ENOENT; /* removed since the folder was read */
	return 0;
}

static bool visit(void *context, const char *name)
{
	struct reading *reading = context;

	reading->failed = read_entry(reading, name) != 0;
	return reading->failed;
}

/* Broken or not ours, or more than may be read: what is in it is not known. */
static int read_summed(struct reading *reading)
{
	reading->summed = arena_take(reading->arena, sizeof(*reading->summed));
	if (!reading->summed)
		return -1;
	if (!summed_read(reading->summed, reading->arena, reading->folder))
		return 0;
	if (errno == ENOMEM && !reading->until)
		return -1;
	if (errno == EPROTO)
		reading->other_version++;
	else
		reading->unreadable++;
	return 0;
}

static int read_once(struct reading *reading)
{
	char *entries = arena_take(reading->arena, ENTRIES_SIZE);

	if (!entries || lseek(reading->folder, 0, SEEK_SET) || read_summed(reading))
		return -1;
	/* One that was removed meanwhile has no entries, and that is all. */
	if (entries_each(reading->folder, entries, ENTRIES_SIZE, visit, reading))
		reading->unreadable += errno != ENOENT;
	return reading->failed ? -1 : 0;
}

/*
 * Segments that are added up go meanwhile: then all is read once more. With a sum that cannot be
 * read, that would help nobody.
 */
static int read_folder(struct reading *reading, int folder)
{
	struct reading *before = arena_take(reading->arena, sizeof(*before));
	unsigned tries = reading->until ? TRIES_OF_OTHERS : TRIES, unreadable;

	if (!before)
		return -1;
	reading->folder = folder;
	unreadable = reading->unreadable + reading->other_version;
	*before = *reading;
	for (; tries; tries--) {
		*reading = *before;
		if (read_once(reading))
			return -1;
		if ((!reading->summed->processes &&
			    reading->unreadable + reading->other_version > unreadable) ||
			!summed_changed(folder, reading->summed->generation))
			break;
	}
	reading->unreadable += !tries;
	return 0;
}

static int add_summed(struct reading *reading)
{
	if (!reading->summed->processes)
		return 0;
	if (reading->user)
		reading->summed->figures.gaps[GAP_AS_USER] += reading->summed->processes;
	if (!reading->sum) {
		reading->sum = reading->summed;
		return 0;
	}
	return summed_join(reading->sum, reading->arena, reading->summed);
}

static int read_own(struct reading *reading, int folder)
{
	return read_folder(reading, folder) || add_summed(reading) ? -1 : 0;
}

/* Of another user, with limits. */
static int read_others(struct reading *reading, int folder)
{
	size_t allowed = OTHERS_BYTES, *budget = reading->arena->budget;
	int status;

	reading->until = processor_time() + OTHERS_NS;
	reading->arena->budget = &allowed;
	status = read_folder(reading, folder);
	reading->arena->budget = budget;
	reading->until = 0;
	return status || add_summed(reading) ? -1 : 0;
}

static void add_folded(struct folded_numbers *to, struct folded_numbers more)
{
	to->processes += more.processes;
	to->unwatched += more.unwatched;
	to->apart += more.apart;
}

/* What processes did after they had become another user, which they said while they were root. */
static int read_as_users(struct reading *reading, int directory, const char *session)
{
	int status = 0;

	reading->unreadable += reading->marked.left_out;
	for (unsigned i = 0; !status && i < reading->marked.n; i++) {
		int fd = strangers_open(directory, reading->marked.users[i], session);

		if (fd < 0) {
			reading->unreadable += errno != ENOENT;
			continue;
		}
		reading->user = reading->marked.users[i];
		status = read_others(reading, fd);
		add_folded(&reading->folded, folded_read(fd, NULL));
		close(fd);
	}
	return status;
}

static int open_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && (st.st_uid == geteuid() || geteuid() == 0))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* What `gpuspy run` wrote down at the command's end, if there was something to say. */
struct session_unseen snapshot_read_unseen(int directory)
{
	int fd = openat(directory, RUN_PAGE_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool other_version;
	struct folded_numbers folded = folded_read(directory, &other_version);
	struct session_unseen unseen = { .folded = folded.processes,
		.unwatched = (unsigned)folded.unwatched,
		.elsewhere = (unsigned)folded.apart,
		.other_version = other_version };
	struct run_unseen found = { .still_running = 0 };
	ssize_t n;

	if (fd < 0)
		return unseen;
	n = read(fd, &found, sizeof(found));
	/* The last figure came later than the others. */
	if (n < (ssize_t)offsetof(struct run_unseen, still_running) ||
		memcmp(found.magic, RUN_UNSEEN_MAGIC, sizeof(found.magic)) != 0) {
		unseen.other_version += n > 0;
	} else {
		unseen.unrecorded = found.unrecorded;
		unseen.not_begun = found.not_begun;
		unseen.elsewhere += found.elsewhere;
		unseen.unwatched += found.unwatched;
		unseen.still_running = found.still_running;
	}
	close(fd);
	return unseen;
}

static int compare_images(const void *a, const void *b)
{
	const struct process_snapshot *l = a, *r = b;

	if (l->pid != r->pid)
		return l->pid < r->pid ? -1 : 1;
	if (l->start_ticks != r->start_ticks)
		return l->start_ticks < r->start_ticks ? -1 : 1;
	return l->image < r->image ? -1 : l->image > r->image;
}

static int compare_ages(const void *a, const void *b)
{
	const struct process_snapshot *l = a, *r = b;

	if (l->started_ns != r->started_ns)
		return l->started_ns < r->started_ns ? -1 : 1;
	return compare_images(a, b);
}

/* An image that was killed, or replaced by exec, had no second witness. */
static void note_ends(struct process_snapshot *images, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (images[i].unwitnessed && (i + 1 < count || images[i].state == PROCESS_ENDED))
			images[i].figures.gaps[GAP_NO_END]++;
}

/* Images have the numbers from 0 on, so it is seen what was removed before the last one. */
static void note_removed(struct process_snapshot *last, unsigned count)
{
	if (last->image >= count)
		last->figures.gaps[GAP_REMOVED] += last->image + 1 - count;
}

/*
 * The newest image says what the process is and how it ended, the oldest when and whence it came.
 */
static int join_images(struct process_snapshot *out, struct arena *arena,
	struct process_snapshot *images, unsigned count)
{
	const struct figures **parts = arena_take(arena, count * sizeof(const struct figures *));

	note_ends(images, count);
	*out = images[count - 1];
	out->images = count;
	out->started_ns = images[0].started_ns;
	out->monotonic.started_ns = images[0].monotonic.started_ns;
	for (unsigned i = 0; i < count; i++)
		out->monotonic.first_kernel_ns = snapshot_earlier(
			out->monotonic.first_kernel_ns, images[i].monotonic.first_kernel_ns);
	out->parent = images[0].parent;
	out->forked = images[0].forked;
	if (count == 1)
		return 0;
	if (!parts)
		return -1;
	for (unsigned i = 0; i < count; i++)
		parts[i] = &images[i].figures;
	return figures_add_up(&out->figures, arena, parts, count, OF_IMAGES);
}

int snapshot_read_process(struct process_snapshot *out, struct arena *arena, int directory,
	const char *first, unsigned images)
{
	struct process_snapshot *all = arena_take(arena, images * sizeof(*all));
	uint64_t start_ticks;
	char file[128];
	unsigned image;
	pid_t pid;

	if (!all || !paths_segment_identity(first, &pid, &start_ticks, &image)) {
		errno = all ? EINVAL : ENOMEM;
		return -1;
	}
	for (image = 0; image < images; image++) {
		snprintf(file, sizeof(file), "%d-%llu-%u.seg", (int)pid,
			(unsigned long long)start_ticks, image);
		if (snapshot_read_file(&all[image], arena, directory, file))
			return -1;
	}
	return join_images(out, arena, all, images);
}

static int join_processes(struct session_snapshot *out, struct reading *reading)
{
	struct process_snapshot *images;
	unsigned count = 0, next;

	images = arena_take(reading->arena, reading->count * sizeof(*images));
	out->processes = arena_take(reading->arena, reading->count * sizeof(*out->processes));
	if (!images || !out->processes)
		return -1;
	for (const struct image *image = reading->images; image; image = image->next)
		images[count++] = image->process;
	if (sort_array(images, count, sizeof(*images), compare_images))
		return -1;
	for (unsigned i = 0; i < count; i = next) {
		struct process_snapshot *process = &out->processes[out->n_processes++];

		for (next = i + 1; next < count && images[next].pid == images[i].pid &&
				   images[next].start_ticks == images[i].start_ticks;)
			next++;
		if (reading->whole)
			note_removed(&images[next - 1], next - i);
		if (join_images(process, reading->arena, &images[i], next - i))
			return -1;
	}
	return sort_array(out->processes, out->n_processes, sizeof(*out->processes), compare_ages);
}

int snapshot_add_up(struct session_snapshot *session, struct arena *arena)
{
	const struct figures **parts =
		arena_take(arena, (session->n_processes + 1) * sizeof(const struct figures *));
	unsigned count = session->n_processes;

	if (!parts)
		return -1;
	for (unsigned i = 0; i < count; i++)
		parts[i] = &session->processes[i].figures;
	if (session->summed)
		parts[count++] = &session->summed->figures;
	return figures_add_up(&session->figures, arena, parts, count, OF_PROCESSES);
}

static uid_t owner_of(int directory)
{
	struct stat st;

	return directory >= 0 && !fstat(directory, &st) ? st.st_uid : geteuid();
}

int snapshot_read_folder(struct session_snapshot *out, struct arena *arena, int directory,
	const char *name, const struct process_snapshot *self)
{
	struct reading reading = { .arena = arena, .self = self, .whole = *name != 0 };
	struct session_unseen unseen = { .folded = 0 };
	struct process_snapshot *own;
	int status = 0;

	memset(out, 0, sizeof(*out));
	out->figures.driver.device_count = -1;
	out->name = arena_copy(arena, name, strlen(name));
	out->taken_ns = snapshot_now();
	out->taken_monotonic_ns = snapshot_monotonic();
	if (directory >= 0) {
		status = owner_of(directory) == geteuid() ? read_own(&reading, directory)
							  : read_others(&reading, directory);
		unseen = snapshot_read_unseen(directory);
		if (!status)
			status = read_as_users(&reading, directory, name);
	}
	if (self && !status) {
		own = new_image(&reading);
		if (own)
			*own = *self;
		else
			status = -1;
	}
	out->unreadable = reading.unreadable;
	out->other_version = reading.other_version + unseen.other_version;
	out->unrecorded = reading.unrecorded;
	if (out->unrecorded < unseen.unrecorded)
		out->unrecorded = unseen.unrecorded;
	out->folded = unseen.folded + reading.folded.processes;
	out->summed = reading.sum;
	out->not_begun = unseen.not_begun;
	out->still_running = unseen.still_running;
	out->unwatched = unseen.unwatched + (unsigned)reading.folded.unwatched;
	out->elsewhere = strangers_count(name, owner_of(directory), &reading.marked, arena);
	unseen.elsewhere += (unsigned)reading.folded.apart;
	if (out->elsewhere < unseen.elsewhere)
		out->elsewhere = unseen.elsewhere;
	if (status || !out->name || join_processes(out, &reading) || snapshot_add_up(out, arena)) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

int snapshot_read_session(struct session_snapshot *out, struct arena *arena, const char *folder,
	const struct process_snapshot *self)
{
	int directory = open_folder(folder), status, error;

	if (directory < 0 && !self)
		return -1;
	error = errno;
	status = snapshot_read_folder(out, arena, directory, path_file(folder), self);
	if (directory >= 0)
		close(directory);
	/* The only one whose figures are known; where there is no folder, it knows that itself. */
	else if (*folder)
		out->unreadable += error != ENOENT && error != ENOTDIR;
	return status;
}
