/* SPDX-License-Identifier: MIT */
/*
 * Figures over time: a column for each sample, the newest on the right.
 */
#include <math.h>

#include "layout_parts.h"

/* LABEL: "1023M/s copy" before the plot. SPAN: "| last 57s" behind it. */
enum { LABEL_WIDTH = 12, SPAN_WIDTH = 11, PLOT_LEAST = 8, HEIGHTS = 8 };

static const struct {
	enum unit unit;
	const char *words;
} kinds[PLOTS] = {
	[PLOT_KERNELS] = { UNIT_RATE, " kern/s" },
	[PLOT_MEMORY] = { UNIT_BYTES, " memory" },
	[PLOT_COPIES] = { UNIT_BYTES, "/s copy" },
};

/* Nothing for nothing, and for what is not known. */
static void put_column(struct screen *screen, int y, int x, double value, double most)
{
	static const char ascii[] = " .:-=+*%#";
	int level = most > 0 && value > 0 ? (int)ceil(value / most * HEIGHTS) : 0;

	if (level > HEIGHTS)
		level = HEIGHTS;
	screen_fill(
		screen, y, x, 1, STYLE_BAR, level ? 0x2580u + (uint32_t)level : ' ', ascii[level]);
}

/* How many moments there are to show, and the highest figure of them. */
static unsigned find_shown(const struct model *model, const struct history *history, enum plot plot,
	int width, double *most)
{
	const struct timeline *timeline = &model->timeline;
	unsigned shown = 0;

	*most = 0;
	while (shown < timeline->count && shown < (unsigned)width) {
		double value = history_at(history, timeline, plot, shown);

		/* From here on it was not there yet. */
		if (isnan(value))
			break;
		*most = fmax(*most, value);
		shown++;
	}
	return shown;
}

void layout_plot(struct screen *screen, struct plot_place place, const struct model *model,
	const struct history *history, enum plot plot)
{
	int width = place.end - place.x - LABEL_WIDTH - SPAN_WIDTH - 1, x = place.x + LABEL_WIDTH;
	const struct timeline *timeline = &model->timeline;
	char label[64], span[64];
	struct text text = text_in(label, sizeof(label));
	double most = 0, seconds = 0;
	unsigned shown;

	if (width < PLOT_LEAST)
		return;
	shown = find_shown(model, history, plot, width, &most);
	unit_put(&text, kinds[plot].unit, most, UNIT_ANY_WIDTH);
	text_put(&text, kinds[plot].words);
	screen_put_right(screen, place.y, x, LABEL_WIDTH, STYLE_PLAIN, label);
	x = screen_put(screen, place.y, x, place.end, STYLE_PLAIN, "|");
	for (unsigned i = 0; i < shown; i++)
		put_column(screen, place.y, x + width - 1 - (int)i,
			history_at(history, timeline, plot, i), most);
	if (shown)
		seconds = (double)(timeline_at(timeline, 0) - timeline_at(timeline, shown - 1)) /
				  1e9 +
			  model->interval;
	text = text_in(span, sizeof(span));
	text_put(&text, "| last ");
	unit_put(&text, UNIT_AGE, seconds, UNIT_ANY_WIDTH);
	screen_put(screen, place.y, x + width, place.end, STYLE_PLAIN, span);
}
