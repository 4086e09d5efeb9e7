/* SPDX-License-Identifier: MIT */
/*
 * A line made of pieces, of which the less important ones are left out where it is narrow: a piece
 * is there as a whole or not at all.
 */
#ifndef GPUSPY_TOP_PIECES_H
#define GPUSPY_TOP_PIECES_H

#include "report/format.h"
#include "screen.h"

enum { PIECES_MAX = 16, PIECE_BYTES = 160, PIECE_GAP = 2 };

struct piece {
	char text[PIECE_BYTES];
	int rank; /* the highest goes first */
	int gap;  /* blanks before it */
};

struct pieces {
	struct piece list[PIECES_MAX];
	int count;
};

/* One more at the end, to be filled. */
struct text pieces_add(struct pieces *pieces, int rank);

/* Leaves out until the rest fits. */
void pieces_fit(struct pieces *pieces, const struct screen *screen, int width);

/* The columns that pieces take from `first` to before `end`, without the first one's gap. */
int pieces_columns(const struct pieces *pieces, const struct screen *screen, int first, int end);

/* Puts these; where they end. */
int pieces_put(const struct pieces *pieces, struct screen *screen, int y, int x, enum style style,
	int first, int end);

#endif
