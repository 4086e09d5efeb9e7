#include "housekeeping.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../ground/arena.h"
#include "../ground/sort.h"
#include "../segment/paths.h"

enum { ENTRIES_SIZE = 16384, CANDIDATES_MAX = 1024, NUMBER_MAX = 32 };

static const char mark_start[] = "pidns-";
static const char first_namespace[] = "4026531836"; /* PROC_PID_INIT_INO in Linux's proc_ns.h */

struct candidate {
	char name[SESSION_NAME_MAX];
	uint64_t bytes;
	int64_t time; /* of the folder, in ns: when a process of it began or ended last */
};

struct house {
	struct arena arena;
	int fd; /* the folder of all sessions */
	char namespace[NUMBER_MAX];
	time_t now;
	struct candidate *candidates;
	unsigned n;
	uint64_t bytes;
};

struct look { /* at one session */
	int fd;
	const struct house *house;
	bool ours, alive, foreign;
	unsigned files;
	uint64_t bytes;
};

/* The number in "pid:[4026531836]", pid_namespaces(7); "" when it cannot be had. */
static void read_namespace(char number[NUMBER_MAX])
{
	char link[NUMBER_MAX];
	ssize_t n = readlink("/proc/self/ns/pid", link, sizeof(link) - 1);
	size_t digits = 0;

	link[n > 0 ? n : 0] = 0;
	if (!strncmp(link, "pid:[", 5))
		for (const char *at = link + 5; *at >= '0' && *at <= '9'; at++)
			number[digits++] = *at;
	number[digits] = 0;
}

/* For each entry but . and ..; opendir() would call malloc. */
static void each_entry(
	int fd, char *buffer, void (*visit)(void *context, const char *name), void *context)
{
	ssize_t size;

	while ((size = getdents64(fd, buffer, ENTRIES_SIZE)) > 0) {
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				visit(context, entry->d_name);
			at += entry->d_reclen;
		}
	}
}

static bool is_mark(const char *name)
{
	return !strncmp(name, mark_start, strlen(mark_start));
}

/* PID-START-N.seg, .seg.new of one that was killed while it made it, .lost of one without. */
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

	return read_segment_name(name, &pid, &start) || is_mark(name) || !strcmp(name, "owner") ||
	       !strcmp(name, "report.txt");
}

static void look_at_file(void *context, const char *name)
{
	struct look *look = context;
	struct stat st;
	uint64_t start;
	pid_t pid;

	if (!is_ours(name) || fstatat(look->fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
		!S_ISREG(st.st_mode)) {
		look->ours = false;
		return;
	}
	look->files++;
	look->bytes += (uint64_t)st.st_blocks * 512;
	if (is_mark(name))
		look->foreign = strcmp(name + strlen(mark_start), look->house->namespace) != 0;
	if (read_segment_name(name, &pid, &start))
		look->alive |= paths_start_ticks(pid) == start;
}

static void remove_file(void *context, const char *name)
{
	if (is_ours(name))
		unlinkat(*(int *)context, name, 0);
}

static int open_session(const struct house *house, const char *name)
{
	return openat(house->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The mark of another namespace may be read after a segment, so all is judged at the end. */
static bool may_go(const struct look *look, const char *name, const struct stat *st)
{
	time_t age = look->house->now - st->st_mtim.tv_sec;
	uint64_t start;
	pid_t pid;
	bool owned = paths_session_identity(name, &pid, &start);

	if (st->st_uid != geteuid() || !look->ours || (!look->files && !owned))
		return false;
	if (look->foreign)
		return age > HOUSEKEEPING_FOREIGN_S;
	if (look->alive || (owned && paths_start_ticks(pid) == start))
		return false;
	return look->files || age > HOUSEKEEPING_YOUNG_S;
}

/* An error only means that the session stays. */
static bool look_at_session(
	const struct house *house, const char *name, char *buffer, struct candidate *candidate)
{
	struct look look = { .house = house, .ours = true };
	struct stat st;
	bool going;

	look.fd = open_session(house, name);
	if (look.fd < 0)
		return false;
	each_entry(look.fd, buffer, look_at_file, &look);
	going = !fstat(look.fd, &st) && may_go(&look, name, &st);
	close(look.fd);
	if (!going)
		return false;
	strcpy(candidate->name, name);
	candidate->bytes = look.bytes;
	candidate->time = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return true;
}

static void collect(void *context, const char *name)
{
	struct house *house = context;
	char *buffer = (char *)&house->candidates[CANDIDATES_MAX];
	struct candidate *candidate = &house->candidates[house->n];

	if (house->n == CANDIDATES_MAX || !paths_session_valid(name))
		return;
	if (look_at_session(house, name, buffer, candidate)) {
		house->n++;
		house->bytes += candidate->bytes;
	}
}

/* Looked at once more: somebody may have gone on with a session that the user named. */
static void remove_session(const struct house *house, const struct candidate *old, char *buffer)
{
	struct candidate now;
	int fd;

	if (!look_at_session(house, old->name, buffer, &now) || now.time != old->time)
		return;
	fd = open_session(house, old->name);
	if (fd < 0)
		return;
	each_entry(fd, buffer, remove_file, &fd);
	close(fd);
	unlinkat(house->fd, old->name, AT_REMOVEDIR);
}

static int compare_times(const void *a, const void *b)
{
	const struct candidate *l = a, *r = b;

	return l->time < r->time ? -1 : l->time > r->time;
}

static void tidy_up(struct house *house, char *buffer)
{
	unsigned left = house->n;

	each_entry(house->fd, buffer, collect, house);
	left = house->n;
	if (sort_array(house->candidates, house->n, sizeof(*house->candidates), compare_times))
		return;
	for (const struct candidate *oldest = house->candidates;
		left && (left >= HOUSEKEEPING_SESSIONS || house->bytes > HOUSEKEEPING_BYTES);
		oldest++, left--) {
		remove_session(house, oldest, buffer);
		house->bytes -= oldest->bytes;
	}
}

void housekeeping(const char *base)
{
	struct house house = { .now = time(NULL) };
	struct stat st;
	char *buffer;

	house.fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (house.fd < 0)
		return;
	read_namespace(house.namespace);
	/* Behind the candidates, the entries of one session; they are looked at inside the loop
	 * over those of the folder, which have the other buffer. */
	house.candidates =
		arena_take(&house.arena, CANDIDATES_MAX * sizeof(*house.candidates) + ENTRIES_SIZE);
	buffer = arena_take(&house.arena, ENTRIES_SIZE);
	if (house.candidates && buffer && !fstat(house.fd, &st) && st.st_uid == geteuid())
		tidy_up(&house, buffer);
	arena_free(&house.arena);
	close(house.fd);
}

void housekeeping_mark(const char *folder)
{
	char path[PATHS_MAX + 64], number[NUMBER_MAX];
	int fd;

	read_namespace(number);
	if (!number[0] || !strcmp(number, first_namespace))
		return;
	snprintf(path, sizeof(path), "%s/%s%s", folder, mark_start, number);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
}
