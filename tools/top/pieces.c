/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <stdlib.h>

struct text pieces_add(struct pieces *pieces, int rank)
{
	struct piece *piece;

	if (pieces->count >= PIECES_MAX)
		abort(); /* lines are made of fewer */
	piece = &pieces->list[pieces->count++];
	piece->rank = rank;
	piece->gap = PIECE_GAP;
	return text_in(piece->text, sizeof(piece->text));
}

int pieces_columns(const struct pieces *pieces, const struct screen *screen, int first, int end)
{
	int columns = 0;

	for (int i = first; i < end; i++) {
		const struct piece *piece = &pieces->list[i];

		if (piece->text[0])
			columns += (columns ? piece->gap : 0) + screen_columns(screen, piece->text);
	}
	return columns;
}

void pieces_fit(struct pieces *pieces, const struct screen *screen, int width)
{
	while (pieces_columns(pieces, screen, 0, pieces->count) > width) {
		struct piece *least = NULL;

		for (int i = 0; i < pieces->count; i++) {
			struct piece *piece = &pieces->list[i];

			if (piece->text[0] && (!least || piece->rank > least->rank))
				least = piece;
		}
		/* The most important one stays, cut or not. */
		if (!least || least->rank == 0)
			return;
		least->text[0] = 0;
	}
}

int pieces_put(const struct pieces *pieces, struct screen *screen, int y, int x, enum style style,
	int first, int end)
{
	int begin = x;

	for (int i = first; i < end; i++) {
		const struct piece *piece = &pieces->list[i];

		if (piece->text[0])
			x = screen_put(screen, y, x + (x > begin ? piece->gap : 0), screen->width,
				style, piece->text);
	}
	return x;
}
