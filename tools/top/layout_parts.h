/* SPDX-License-Identifier: MIT */
/*
 * The parts of the screen. Each fills lines and knows nothing of the others.
 */
#ifndef GPUSPY_TOP_LAYOUT_PARTS_H
#define GPUSPY_TOP_LAYOUT_PARTS_H

#include "block.h"
#include "columns.h"
#include "view.h"

void layout_title(struct screen *screen, int y, const struct model *model, const struct view *view);

/* One device in one line. */
void layout_gpu(struct screen *screen, int y, const struct gpu_row *gpu);
/* All in at most `room` lines. */
void layout_gpus(struct screen *screen, int y, int room, const struct gpus *gpus);

/* From x to `end`: the highest figure, the figures over time, and over how long. */
struct plot_place {
	int y, x, end;
};
void layout_plot(struct screen *screen, struct plot_place place, const struct model *model,
	const struct history *history, enum plot plot);

void layout_header(struct screen *screen, int y, const struct columns *columns, enum column sort);
void layout_row(struct screen *screen, int y, const struct columns *columns,
	const struct model *model, const struct view *view, unsigned line);
/* A process in a line of its own, for screens of any size: pid, verdict, rate, command. */
void layout_short_row(struct screen *screen, int y, const struct row *row);

/* Why there is no line in the table, in words; with the keys that change it, where there are keys.
 */
enum hints { HINTS_NONE, HINTS_KEYS };
void layout_empty(
	struct block *block, const struct model *model, const struct view *view, enum hints hints);

/* Everything about one process, one below the other. */
void detail_whole(struct block *block, const struct model *model, const struct row *row);
/* The same, side by side, in the pane under the table. */
void detail_pane(
	struct screen *screen, int y, int height, const struct model *model, const struct row *row);
void detail_session_pane(struct screen *screen, int y, int height, const struct model *model,
	const struct session_row *session);

void help_put(struct block *block);
void menu_put(struct screen *screen, const struct menu *menu);
void confirm_put(struct screen *screen, const struct view *view);

#endif
