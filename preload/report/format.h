/* SPDX-License-Identifier: MIT */
/*
 * Text made piece by piece in a fixed buffer, and the ways in which figures are written.
 *
 * No malloc and no floating point in printf: the report is also written on the way of _exit().
 */
#ifndef GPUSPY_REPORT_FORMAT_H
#define GPUSPY_REPORT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *to; /* always ended by a 0 */
	size_t size, length;
	bool full; /* something did not fit */
};

/* An empty text in `to`, of which at least one byte is there. */
struct text text_in(char *to, size_t size);

void text_put(struct text *text, const char *more);
void text_putf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * A string from outside, safe for a terminal: control characters (C0, C1, DEL), marks that turn the
 * direction of writing, and bytes that are no UTF-8 are written as \n, \t or \xHH. After `columns`
 * characters comes "...".
 */
void text_put_escaped(struct text *text, const char *foreign, size_t columns);

void text_put_count(struct text *text, uint64_t count);   /* 12,345 */
void text_put_bytes(struct text *text, uint64_t bytes);   /* 3.2 GiB */
void text_put_seconds(struct text *text, double seconds); /* 34.2 s, 12 min 5 s */

/* "1 kernel", "12 kernels". */
void text_put_counted(struct text *text, uint64_t count, const char *singular, const char *plural);

/* Of each "{kernel|kernels}" in the words the left one is taken of one, the right one of all else.
 */
void text_put_agreeing(struct text *text, const char *words, uint64_t count);

#endif
