/*
 * The devices and the history of kernels a second.
 */
#include <math.h>
#include <stdio.h>

#include "layout_parts.h"
#include "units.h"

/* LABELS_WIDTH: "8.4k kern/s|" before the history, "| last 57s " behind it. */
enum { LABELS_WIDTH = 12 + 11, BAR_MAX = 40, BAR_LEAST = 6, NAME_COLUMNS = 32 };

/* "41.2 of 140 GiB", in one unit; little is better seen in its own. */
static void put_memory(struct text *text, const struct gpu_row *gpu)
{
	const double gib = 1 << 30;

	if (!gpu->total_bytes) {
		text_put_bytes(text, gpu->live_bytes);
		return;
	}
	if (gpu->live_bytes && gpu->live_bytes < 100u << 20) {
		text_put_bytes(text, gpu->live_bytes);
		text_put(text, " of ");
		text_put_bytes(text, gpu->total_bytes);
		return;
	}
	if (gpu->total_bytes < 10ull << 30)
		text_putf(text, "%.2f of %.1f GiB", (double)gpu->live_bytes / gib,
			(double)gpu->total_bytes / gib);
	else
		text_putf(text, "%.1f of %.0f GiB", (double)gpu->live_bytes / gib,
			(double)gpu->total_bytes / gib);
}

static void put_gauge(struct screen *screen, int y, int x, int width, const struct gpu_row *gpu)
{
	double share = gpu->total_bytes ? (double)gpu->live_bytes / (double)gpu->total_bytes : 0;
	int filled;

	share = share > 1 ? 1 : share;
	filled = (int)(share * width + 0.5);
	/* A little is more than nothing, and almost all is not all. */
	if (gpu->live_bytes && !filled)
		filled = 1;
	if (share < 1 && filled == width)
		filled = width - 1;
	x = screen_put(screen, y, x, screen->width, STYLE_PLAIN, "[");
	x = screen_fill(screen, y, x, filled, STYLE_BAR, '#', '#');
	screen_put(screen, y, x + width - filled, screen->width, STYLE_PLAIN, "]");
}

void layout_gpu(struct screen *screen, int y, const struct gpu_row *gpu)
{
	char left[256], right[128];
	struct text l = text_in(left, sizeof(left)), r = text_in(right, sizeof(right));
	int x, width;

	text_putf(&l, "GPU %d ", gpu->ordinal);
	text_put_escaped(&l, gpu->name ? gpu->name : "(name unknown)", NAME_COLUMNS);
	if (gpu->watched) {
		text_put(&l, "  watched ");
		put_memory(&l, gpu);
		text_put(&r, "  ");
		unit_rate(&r, gpu->kernels);
		text_put(&r, " kern/s");
	} else {
		text_put(&l, "  not used by what is watched");
	}
	if (gpu->utilisation >= 0)
		text_putf(&r, "  driver says %d%% busy", gpu->utilisation);
	x = screen_put(screen, y, 0, screen->width, STYLE_PLAIN, left) + 1;
	width = screen->width - x - 2 - screen_columns(screen, right);
	if (gpu->watched && gpu->total_bytes && width >= BAR_LEAST) {
		width = width > BAR_MAX ? BAR_MAX : width;
		put_gauge(screen, y, x, width, gpu);
		x += width + 2;
	}
	screen_put(screen, y, x, screen->width, STYLE_PLAIN, right);
}

int layout_gpus(struct screen *screen, int y, int room, const struct model *model)
{
	int count = (int)model->n_gpus, shown = count <= room ? count : room;
	char more[64];

	for (int i = 0; i < shown; i++)
		layout_gpu(screen, y + i, &model->gpus[i]);
	if (shown > 0 && shown < count) {
		snprintf(more, sizeof(more), "... %d more devices", count - shown + 1);
		screen_fill(screen, y + shown - 1, 0, screen->width, STYLE_PLAIN, ' ', ' ');
		screen_put(screen, y + shown - 1, 0, screen->width, STYLE_DIM, more);
	}
	return shown > 0 ? shown : 0;
}

static const double *history_at(const struct model *model, unsigned back, uint64_t *when)
{
	unsigned index = (model->history_end + HISTORY_MAX - 1 - back) % HISTORY_MAX;

	*when = model->history_times[index];
	return &model->history[index];
}

/* One column: eight heights, nothing for nothing. */
static void put_column(struct screen *screen, int y, int x, double value, double most)
{
	static const char ascii[] = " .:-=+*%#";
	int level = most > 0 && value > 0 ? (int)ceil(value / most * 8) : 0;

	if (level > 8)
		level = 8;
	screen_fill(
		screen, y, x, 1, STYLE_BAR, level ? 0x2580u + (uint32_t)level : ' ', ascii[level]);
}

void layout_history(struct screen *screen, int y, const struct model *model)
{
	char left[64], right[64];
	struct text l = text_in(left, sizeof(left)), r = text_in(right, sizeof(right));
	unsigned shown = model->history_count;
	uint64_t newest = 0, oldest = 0;
	double most = 0;
	int x, width = screen->width - LABELS_WIDTH;

	if (width < 8)
		return;
	if (shown > (unsigned)width)
		shown = (unsigned)width;
	for (unsigned i = 0; i < shown; i++)
		most = fmax(most, *history_at(model, i, &oldest));
	unit_rate(&l, most);
	text_put(&l, " kern/s");
	screen_put_right(screen, y, 11, 11, STYLE_PLAIN, left);
	x = screen_put(screen, y, 11, screen->width, STYLE_PLAIN, "|");
	for (unsigned i = 0; i < shown; i++)
		put_column(screen, y, x + width - 1 - (int)i,
			*history_at(model, i, i ? &oldest : &newest), most);
	if (shown == 1)
		oldest = newest;
	text_put(&r, "| last ");
	if (shown)
		unit_age(&r, (double)(newest - oldest) / 1e9 + model->interval);
	else
		text_put(&r, "0s");
	screen_put(screen, y, x + width, screen->width, STYLE_PLAIN, right);
}
