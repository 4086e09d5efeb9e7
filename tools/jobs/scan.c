/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 4 << 20, LINE_MAX_BYTES = 64 << 20 };

struct reading {
	struct scan *scan;
	int fd;
	char *buffer;
	size_t size, filled;
};

/* The lines of [at, end) that have the needle. */
static int visit_lines(struct scan *scan, char *at, char *end)
{
	size_t wanted = scan->needle ? strlen(scan->needle) : 0;

	while (at < end) {
		char *found = wanted ? memmem(at, (size_t)(end - at), scan->needle, wanted) : at;
		char *from, *to;

		if (!found)
			return 0;
		from = memrchr(at, '\n', (size_t)(found - at));
		from = from ? from + 1 : at;
		to = memchr(found, '\n', (size_t)(end - found));
		*to = 0;
		if (scan->visit(scan->context, from, (size_t)(to - from)))
			return -1;
		at = to + 1;
	}
	return 0;
}

/* More room for a line that is longer than the buffer; -1: longer than any record is. */
static int make_room(struct reading *r)
{
	char *more;

	if (r->filled < r->size)
		return 0;
	more = r->size < LINE_MAX_BYTES ? realloc(r->buffer, r->size * 2) : NULL;
	if (!more)
		return -1;
	r->buffer = more;
	r->size *= 2;
	return 0;
}

/* Whole lines at a time. A line without an end is being written, and not read. */
static int read_lines(struct reading *r)
{
	ssize_t n;

	while (!make_room(r) && (n = read(r->fd, r->buffer + r->filled, r->size - r->filled)) > 0) {
		char *end;

		r->filled += (size_t)n;
		end = memrchr(r->buffer, '\n', r->filled);
		if (!end)
			continue;
		if (visit_lines(r->scan, r->buffer, end + 1))
			return -1;
		r->filled -= (size_t)(end + 1 - r->buffer);
		memmove(r->buffer, end + 1, r->filled);
	}
	return 0;
}

static int read_file(struct scan *scan, int folder, const char *name)
{
	struct reading r = { .scan = scan, .size = PIECE };
	struct stat st;
	int status = 0;

	r.fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	r.buffer = r.fd < 0 ? NULL : malloc(r.size);
	if (r.buffer && !fstat(r.fd, &st) && S_ISREG(st.st_mode)) {
		scan->files++;
		status = read_lines(&r);
	} else {
		scan->unreadable++;
	}
	free(r.buffer);
	if (r.fd >= 0)
		close(r.fd);
	return status;
}

/* What FOLDER has of names that are as those of a level, in order. */
static int is_number(const struct dirent *entry)
{
	return entry->d_name[0] && strspn(entry->d_name, "0123456789") == strlen(entry->d_name) &&
	       strlen(entry->d_name) <= 4;
}

static int is_records(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return *entry->d_name != '.' && length > 6 && !strcmp(entry->d_name + length - 6, ".jsonl");
}

static int visit_level(struct scan *scan, int folder, int level, const int *date);

static int visit_entry(struct scan *scan, int folder, int level, const int *date, const char *name)
{
	int deeper[3] = { date[0], date[1], date[2] }, fd, status;

	if (level == 3)
		return read_file(scan, folder, name);
	deeper[level] = atoi(name);
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		scan->unreadable++;
		return 0;
	}
	status = visit_level(scan, fd, level + 1, deeper);
	close(fd);
	return status;
}

/* The day of `since`, in the same figures. */
static bool is_too_old(const struct scan *scan, const int *date)
{
	struct tm utc;

	if (!scan->since || !gmtime_r(&scan->since, &utc))
		return false;
	return date[0] * 10000 + date[1] * 100 + date[2] <
	       (utc.tm_year + 1900) * 10000 + (utc.tm_mon + 1) * 100 + utc.tm_mday;
}

/* 0 to 2: years, months, days; 3: files. */
static int visit_level(struct scan *scan, int folder, int level, const int *date)
{
	struct dirent **entries;
	int n, status = 0;

	if (level == 3 && is_too_old(scan, date))
		return 0;
	n = scandirat(folder, ".", &entries, level == 3 ? is_records : is_number, alphasort);
	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		if (!status)
			status = visit_entry(scan, folder, level, date, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return status;
}

int scan_records(struct scan *scan)
{
	int folder = open(scan->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status, error;
	const int date[3] = { 0, 0, 0 };

	if (folder < 0)
		return -1;
	status = visit_level(scan, folder, 0, date);
	error = errno;
	close(folder);
	errno = error;
	return status;
}
