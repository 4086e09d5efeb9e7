/* SPDX-License-Identifier: MIT */
#include "housekeeping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../ground/arena.h"
#include "../ground/entries.h"
#include "../ground/sort.h"
#include "../segment/alive.h"
#include "../segment/folded.h"
#include "../segment/paths.h"
#include "../segment/run_page.h"
#include "../segment/summed.h"
#include "config.h"
#include "pruned.h"

enum {
	ENTRIES_SIZE = 16384,
	SESSIONS_MAX = 256, /* that a start looks at, by their times */
	LOOKS_MAX = 4096,   /* files that it looks at */
};

struct candidate {
	char name[SESSION_NAME_MAX];
	char job[PRUNED_JOB_MAX]; /* that misses it when it goes; "": none */
	int64_t time; /* of the folder, in ns: when a process of it began, or its owner ended */
	uint64_t bytes;
};

struct house {
	struct arena arena;
	int fd;              /* the folder of all sessions */
	time_t now, changed; /* changed: when a session last began, or went */
	unsigned sessions;   /* how many names there are, nothing of them looked at */
	unsigned looks;      /* that are left */
	char *buffer;        /* for the entries of one session */
	struct candidate *candidates;
	unsigned n;
};

struct look { /* at one session */
	int fd;
	struct house *house;
	pid_t owner;         /* as the session's name says, 0: the user named it */
	bool owner_ended;    /* it said so itself */
	bool made_elsewhere; /* by processes that ended, or not */
	bool ours, alive, elsewhere;
	bool collected;           /* gpuspy collect has its record */
	char job[PRUNED_JOB_MAX]; /* "": of none that is known */
	unsigned files;
	uint64_t bytes;
};

static unsigned setting(unsigned set, unsigned otherwise)
{
	return set ? set : otherwise;
}

static unsigned most_sessions(void)
{
	return setting(config.keep_sessions, HOUSEKEEPING_SESSIONS);
}

/* PID-START-N.seg, or .seg.new of one that was killed while it made it. */
static bool read_segment_name(const char *name, pid_t *pid, uint64_t *start)
{
	char segment[128];
	size_t length = strlen(name);
	unsigned image;

	if (length >= sizeof(segment))
		return false;
	strcpy(segment, name);
	if (length > 4 && !strcmp(segment + length - 4, ".new"))
		segment[length - 4] = 0;
	if (length > 5 && !strcmp(segment + length - 5, ".lost"))
		strcpy(segment + length - 5, ".seg");
	return paths_segment_identity(segment, pid, start, &image);
}

static bool is_ours(const char *name)
{
	uint64_t start;
	pid_t pid;

	return read_segment_name(name, &pid, &start) || !strcmp(name, FOLDED_FILE) ||
	       !strcmp(name, SUMMED_FILE) || !strcmp(name, SUMMED_NEW) || !strcmp(name, "owner") ||
	       !strcmp(name, "report.txt") || !strcmp(name, "record") ||
	       paths_user(PATHS_USER_MARK, name) || !strcmp(name, RUN_PAGE_FILE) ||
	       !strcmp(name, COLLECTED_FILE);
}

/* What is no segment of this version may be of anywhere: its number must do. */
static enum alive look_at_segment(struct look *look, const char *name, pid_t pid, uint64_t start)
{
	int fd = openat(look->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	static const struct segment_place unknown;
	struct segment_header header;
	ssize_t n = fd < 0 ? -1 : pread(fd, &header, sizeof(header), 0);

	if (n == (ssize_t)sizeof(header))
		pruned_read_job(look->job, fd, &header);
	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)sizeof(header) ||
		memcmp(header.magic, SEGMENT_MAGIC, sizeof(header.magic)) != 0 ||
		header.header_size != sizeof(header))
		return alive_look(pid, start, &unknown);
	look->made_elsewhere |= !alive_is_here(&header.place);
	if (header.state != STATE_EXITED)
		return alive_look(pid, start, &header.place);
	look->owner_ended |= pid == look->owner;
	return ENDED;
}

static bool look_at_file(void *context, const char *name)
{
	struct look *look = context;
	enum alive alive;
	struct stat st;
	uint64_t start;
	pid_t pid;

	if (!look->house->looks || !is_ours(name) ||
		fstatat(look->fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode)) {
		look->ours = false;
		return true;
	}
	look->house->looks--;
	look->collected |= !strcmp(name, COLLECTED_FILE);
	if (!strcmp(name, FOLDED_FILE))
		look->made_elsewhere |= !folded_is_of_here(look->fd);
	look->files++;
	look->bytes += (uint64_t)st.st_blocks * 512;
	if (read_segment_name(name, &pid, &start)) {
		alive = look_at_segment(look, name, pid, start);
		look->alive = alive == ALIVE;
		look->elsewhere |= alive == ELSEWHERE;
	}
	return look->alive;
}

static bool owner_may_live(const struct look *look, const char *name)
{
	return !look->owner_ended && alive_owner(name);
}

/* Where records of jobs are kept, as long as somebody seems to collect them. */
static bool waits_for_collection(const struct look *look)
{
	return config.records && look->job[0] && !look->collected &&
	       look->house->sessions <= setting(config.keep_uncollected, HOUSEKEEPING_UNCOLLECTED);
}

static bool may_go(const struct look *look, const char *name, const struct stat *st)
{
	time_t age = look->house->now - st->st_mtim.tv_sec;

	if (st->st_uid != geteuid() || !look->ours || look->alive || (!look->files && !look->owner))
		return false;
	if (waits_for_collection(look))
		return false;
	if (look->elsewhere || (look->made_elsewhere && !look->owner_ended))
		return age > HOUSEKEEPING_FOREIGN_S;
	return !owner_may_live(look, name) && (look->files || age > HOUSEKEEPING_YOUNG_S);
}

/* May it go? An error only means that it stays. */
static bool look_at_session(struct house *house, struct candidate *candidate)
{
	struct look look = { .house = house, .ours = true };
	uint64_t time;
	struct stat st;
	bool going;

	if (!paths_session_identity(candidate->name, &look.owner, &time))
		look.owner = 0;
	look.fd =
		openat(house->fd, candidate->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (look.fd < 0)
		return false;
	entries_each(look.fd, house->buffer, ENTRIES_SIZE, look_at_file, &look);
	going = !fstat(look.fd, &st) && may_go(&look, candidate->name, &st);
	close(look.fd);
	candidate->bytes = look.bytes;
	strcpy(candidate->job, look.collected ? "" : look.job);
	return going;
}

static bool remove_file(void *context, const char *name)
{
	if (is_ours(name))
		unlinkat(*(int *)context, name, 0);
	return false;
}

static void remove_session(const struct house *house, const struct candidate *old)
{
	int fd = openat(house->fd, old->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	entries_each(fd, house->buffer, ENTRIES_SIZE, remove_file, &fd);
	close(fd);
	if (!unlinkat(house->fd, old->name, AT_REMOVEDIR) && old->job[0])
		pruned_note(house->fd, old->job);
}

static bool count(void *context, const char *name)
{
	struct house *house = context;

	house->sessions += paths_session_valid(name);
	return false;
}

static bool collect(void *context, const char *name)
{
	struct house *house = context;
	struct candidate *candidate = &house->candidates[house->n];
	struct stat st;

	if (!paths_session_valid(name) || fstatat(house->fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
		!S_ISDIR(st.st_mode))
		return false;
	strcpy(candidate->name, name);
	candidate->time = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return ++house->n == SESSIONS_MAX;
}

static int compare_times(const void *a, const void *b)
{
	const struct candidate *l = a, *r = b;

	return l->time < r->time ? -1 : l->time > r->time;
}

/* The oldest go first. What lives is not counted. */
static void keep_to_number(struct house *house)
{
	/* Some fewer than may be: the next ones that begin need not look again. */
	unsigned keep = most_sessions() - most_sessions() / 8;
	unsigned left = house->n;

	for (unsigned i = 0; i < house->n && left >= keep; i++) {
		left--;
		if (look_at_session(house, &house->candidates[i])) {
			remove_session(house, &house->candidates[i]);
			house->candidates[i].name[0] = 0;
		}
	}
}

static void keep_to_bytes(struct house *house)
{
	uint64_t limit = (uint64_t)setting(config.keep_mebibytes, HOUSEKEEPING_MEBIBYTES) << 20;
	uint64_t bytes = 0;

	/* The newest first, to know which are too old. */
	for (unsigned i = house->n; i-- > 0;) {
		struct candidate *candidate = &house->candidates[i];

		if (!candidate->name[0] || !look_at_session(house, candidate))
			continue;
		bytes += candidate->bytes;
		if (bytes > limit)
			remove_session(house, candidate);
	}
}

/* All bytes are looked at once in a while, and not in a row of short commands. */
static bool bytes_are_due(const struct house *house)
{
	return house->now - house->changed > HOUSEKEEPING_PAUSE_S ||
	       getpid() % HOUSEKEEPING_ANYWAY == 0;
}

/* Each start would look at the same ones, which wait for their collection: a few do. */
static bool they_wait(const struct house *house)
{
	return config.records && house->sessions > 2 * most_sessions() &&
	       getpid() % HOUSEKEEPING_ANYWAY != 0;
}

/*
 * Most file systems count a folder's folders among its links, tmpfs too; those that do not say 1 or
 * 2 for all.
 */
static bool links_say_few(const struct stat *folder)
{
	return folder->st_nlink > 2 && folder->st_nlink - 2 < most_sessions();
}

/* Mostly there is nothing to do, and the links or the names alone tell. */
static void tidy_up(struct house *house, const struct stat *folder, char *entries)
{
	bool due = bytes_are_due(house), many;

	if (!links_say_few(folder))
		entries_each(house->fd, entries, ENTRIES_SIZE, count, house);
	many = house->sessions >= most_sessions();
	if ((!many && !due) || they_wait(house) || lseek(house->fd, 0, SEEK_SET))
		return;
	entries_each(house->fd, entries, ENTRIES_SIZE, collect, house);
	if (sort_array(house->candidates, house->n, sizeof(*house->candidates), compare_times))
		return;
	if (many)
		keep_to_number(house);
	if (due)
		keep_to_bytes(house);
}

void housekeeping(const char *base)
{
	struct house house = { .now = time(NULL), .looks = LOOKS_MAX };
	struct stat st;
	char *entries;

	house.fd = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (house.fd < 0)
		return;
	if (!fstat(house.fd, &st) && st.st_uid == geteuid()) {
		house.changed = st.st_mtim.tv_sec;
		house.candidates =
			arena_take(&house.arena, SESSIONS_MAX * sizeof(*house.candidates));
		house.buffer = arena_take(&house.arena, ENTRIES_SIZE);
		entries = arena_take(&house.arena, ENTRIES_SIZE);
		if (house.candidates && house.buffer && entries)
			tidy_up(&house, &st, entries);
		arena_free(&house.arena);
	}
	close(house.fd);
}
