/* SPDX-License-Identifier: MIT */
/*
 * A screen in memory: what the layout fills and what a terminal, a pipe or a test shows.
 *
 * Nothing that a terminal would act on can get into a cell.
 */
#ifndef GPUSPY_TOP_SCREEN_H
#define GPUSPY_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum style {
	STYLE_PLAIN,
	STYLE_STRONG,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_WARNING,
	STYLE_BAD,
	STYLE_BAR,      /* bars and plots */
	STYLE_HEADER,   /* names of columns */
	STYLE_SORTED,   /* the name of the column that sorts */
	STYLE_SELECTED, /* the whole selected line */
	STYLE_KEY,      /* what can be pressed */
	STYLES,
};

struct cell {
	uint32_t code; /* 0: the right half of a wide character */
	uint32_t mark; /* a combining character on it, 0: none */
	uint8_t style;
};

struct screen {
	int width, height;
	bool utf8; /* else only ASCII is shown */
	struct cell *cells;
};

/* -1: no memory. Sizes below 1 are taken as 1. */
int screen_make(struct screen *screen, int width, int height, bool utf8);
void screen_free(struct screen *screen);
void screen_clear(struct screen *screen);

/*
 * Puts UTF-8 text at x of line y, as far as there is room before `end` (and the screen's edge);
 * where it ends. What is no printable character becomes '?'. Places off the screen are no fault.
 */
int screen_put(struct screen *screen, int y, int x, int end, enum style style, const char *text);

/* The same, so that it ends at `end`; cut on the right when longer than `width`. */
void screen_put_right(
	struct screen *screen, int y, int end, int width, enum style style, const char *text);

/* The columns that text takes. */
int screen_columns(const struct screen *screen, const char *text);

/* `count` times one character, in UTF-8 with an ASCII stand-in; where it ends. */
int screen_fill(struct screen *screen, int y, int x, int count, enum style style, uint32_t code,
	char ascii);

/* Gives the cells of a line from x to `end` a style. */
void screen_paint(struct screen *screen, int y, int x, int end, enum style style);

/* A line as UTF-8 without the blanks at its end, into `to` (cut to fit); its length. */
size_t screen_line(const struct screen *screen, int y, char *to, size_t size);

/* One character as UTF-8, ended by a 0; its length. */
size_t screen_encode(uint32_t code, char to[5]);

#endif
