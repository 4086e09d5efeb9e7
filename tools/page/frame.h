/* SPDX-License-Identifier: MIT */
/*
 * What all pages have in common: head and foot, the verdict in large, facts, figures, tables.
 */
#ifndef GPUSPY_PAGE_FRAME_H
#define GPUSPY_PAGE_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Calls `put` for FILE ("-": standard output). -1: it could not be written, which is said. */
int frame_write(const char *file, void (*put)(FILE *to, const void *context), const void *context);

/* `title` and `name` are from outside. */
void frame_begin(FILE *to, const char *title, const char *headline);
void frame_end(FILE *to, const char *what, const char *name);

struct frame_verdict {
	const char *headline; /* as in struct judgement */
	const char *sentence; /* from outside */
	bool thin, simulated;
};

void frame_verdict(FILE *to, const struct frame_verdict *verdict);

/* In a list of facts; nothing where nothing is known. `code`: in its font. */
void frame_fact(FILE *to, const char *term, const char *foreign, bool code);
void frame_moment(FILE *to, uint64_t ns);

/* Begins one of the large figures; a "</dd></div>" ends it. */
void frame_tile(FILE *to, const char *title, bool bad);

/* Rows that are shown. Longer tables are cut: the JSON report has them whole. */
enum { FRAME_ROWS_MAX = 4000 };

/* heads: ended by NULL; '#' in front: a column of numbers. `rows`: as many as there are. */
void frame_table(FILE *to, const char *title, unsigned rows, const char *const *heads);
void frame_table_end(FILE *to, unsigned rows);

#endif
