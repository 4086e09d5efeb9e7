/*
 * The parts of the screen. Each fills lines and knows nothing of the others.
 */
#ifndef GPUSPY_TOP_LAYOUT_PARTS_H
#define GPUSPY_TOP_LAYOUT_PARTS_H

#include "layout.h"

void layout_title(struct screen *screen, int y, const struct model *model, const struct view *view);

/* One device in one line. */
void layout_gpu(struct screen *screen, int y, const struct gpu_row *gpu);
/* All in at most `room` lines; how many it took. */
int layout_gpus(struct screen *screen, int y, int room, const struct model *model);
void layout_history(struct screen *screen, int y, const struct model *model);

void layout_header(struct screen *screen, int y, const struct columns *columns, enum column sort);
void layout_row(struct screen *screen, int y, const struct columns *columns,
	const struct model *model, const struct view *view, unsigned line);
/* A process in a line of its own, for screens of any size: pid, verdict, rate, command. */
void layout_short_row(struct screen *screen, int y, const struct row *row);

/* Lines in a part of the screen, of which the first ones may be scrolled away. */
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

/* Everything about one process, one below the other. */
void detail_whole(struct block *block, const struct model *model, const struct row *row);
/* The same, side by side, in the pane under the table. */
void detail_pane(
	struct screen *screen, int y, int height, const struct model *model, const struct row *row);

void help_put(struct block *block);
void menu_put(struct screen *screen, const struct menu *menu);
void confirm_put(struct screen *screen, const struct view *view);

#endif
