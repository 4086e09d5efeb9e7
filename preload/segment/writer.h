/* SPDX-License-Identifier: MIT */
/*
 * The segment of this process, being written.
 *
 * It is a file mapped into memory. Space in it is taken piece by piece (posix_fallocate), so that a
 * full file system is an error here and never a SIGBUS in the program; what finds no space goes on
 * in private memory at the same addresses, where the report at the end sees it, and other readers
 * do not, which is a gap (gaps.h).
 */
#ifndef GPUSPY_SEGMENT_WRITER_H
#define GPUSPY_SEGMENT_WRITER_H

#include "own_file.h"
#include "snapshot.h"

/* Who a segment is of; in the file before it has its name. As in struct segment_header. */
struct writer_identity {
	int32_t pid, parent;
	uint32_t uid, image;
	uint64_t start_ticks, started_ns, started_monotonic_ns;
	uint32_t attached_tenths;
	int32_t attached_offset;
	bool forked;
	struct segment_place place;
};

/*
 * Makes the segment FOLDER/NAME; the folder is made too, mode 0700, as is the one above. Without a
 * file (no space, read-only, ...) the segment is in private memory. -1: no memory at all.
 */
int writer_open(const char *folder, const char *name, const struct writer_identity *identity);

/*
 * In a child after fork: leaves the parent's segment alone and makes the child's, with the parent's
 * rows and names and without its counts.
 */
int writer_reopen(const char *folder, const char *name, const struct writer_identity *identity);

/* What stands in the segment from now on is something that happened: writer_saw_nothing(). */
void writer_begun(void);

/*
 * Nothing happened in this process that anybody could ask about, its segment is a file, and not the
 * first one of the session.
 */
bool writer_saw_nothing(void);

/* A row for a function, a kernel, ...; 0: none is left. Rows are never given back. */
uint32_t writer_row(const struct segment_row *row);
/* `count` rows one after the other, of which `row` is the first. */
uint32_t writer_rows(const struct segment_row *row, unsigned count);
/* Are there that many, besides what is kept back for functions? For contexts and kernels. */
bool writer_has_rows(unsigned count);
struct segment_row *writer_row_at(uint32_t row);

/* A string's index, 0 when there is no room or it is empty. */
uint32_t writer_string(const char *text);
const char *writer_string_at(uint32_t string);

struct segment_device *writer_device(int ordinal); /* NULL: out of range */

/* The library of that name, made if it is not there; NULL: no room. */
struct segment_library *writer_library(const char *name);

/* For snapshot_read(): this segment from memory, as nobody else may be able to read it. */
struct segment_source writer_source(void);

/* A kernel was launched: when the first one was. Not for the path of every launch. */
void writer_note_kernel(void);

#endif
