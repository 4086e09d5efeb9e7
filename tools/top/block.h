/* SPDX-License-Identifier: MIT */
/*
 * Lines one below the other in a part of the screen, of which the first ones may be scrolled away.
 */
#ifndef GPUSPY_TOP_BLOCK_H
#define GPUSPY_TOP_BLOCK_H

#include "screen.h"

enum { LINE_MAX_BYTES = 2048 };

struct block {
	struct screen *screen;
	int x, end, y, bottom;
	unsigned skip, lines; /* lines: all that were put, seen or not */
};

/* Would the next line be seen? */
bool block_open(const struct block *block);
void block_put(struct block *block, enum style style, const char *line);
/* In as many lines as it takes, broken at spaces; all but the first are indented. */
void block_wrap(struct block *block, enum style style, const char *text);
void block_putf(struct block *block, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
