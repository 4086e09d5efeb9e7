/* SPDX-License-Identifier: MIT */
/*
 * From model and view to a filled screen: a pure function of these and the size.
 */
#ifndef GPUSPY_TOP_LAYOUT_H
#define GPUSPY_TOP_LAYOUT_H

#include "columns.h"
#include "screen.h"
#include "view.h"

/* Where things stand, for the mouse and for scrolling. */
struct places {
	int header_y;     /* -1: there is no table */
	int rows_y, rows; /* the lines of the table that are on the screen */
	unsigned top;     /* the first of them; the view keeps it */
	struct columns columns;
	unsigned detail_lines; /* of the detail or help, all of them, for scrolling */
};

enum { TINY_WIDTH = 40, TINY_HEIGHT = 6, PANE_WIDTH = 120, PANE_HEIGHT = 24 };

/* Fills the whole screen. The model may be one without a sample. */
void layout_draw(struct screen *screen, const struct model *model, const struct view *view,
	struct places *places);

#endif
