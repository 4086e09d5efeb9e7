/* SPDX-License-Identifier: MIT */
/*
 * The devices, a line for each.
 */
#include <stdio.h>

#include "layout_parts.h"
#include "pieces.h"

enum { BAR_MAX = 40, BAR_LEAST = 6, BRACKETS = 2, NAME_COLUMNS = 32 };

/* The pieces of a line, by how long they stay. */
enum rank { RANK_ORDINAL, RANK_KERNELS, RANK_MEMORY, RANK_BUSY, RANK_NAME, RANK_USED };

/* "41.2 of 140 GiB", in one unit; little is better seen in its own. */
static void put_memory(struct text *text, const struct gpu_row *gpu)
{
	const double gib = 1 << 30;
	bool small = gpu->total_bytes < 10ull << 30;

	if (!gpu->total_bytes || (gpu->live_bytes && gpu->live_bytes < 100u << 20)) {
		text_put_bytes(text, gpu->live_bytes);
		if (gpu->total_bytes) {
			text_put(text, " of ");
			text_put_bytes(text, gpu->total_bytes);
		}
		return;
	}
	text_putf(text, small ? "%.2f of %.1f GiB" : "%.1f of %.0f GiB",
		(double)gpu->live_bytes / gib, (double)gpu->total_bytes / gib);
}

static void put_gauge(struct screen *screen, int y, int x, int width, const struct gpu_row *gpu)
{
	double share = (double)gpu->live_bytes / (double)gpu->total_bytes;
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

static void add_name(struct pieces *pieces, const struct gpu_row *gpu)
{
	struct text text = pieces_add(pieces, RANK_ORDINAL);

	text_putf(&text, "GPU %d", gpu->ordinal);
	text = pieces_add(pieces, RANK_NAME);
	pieces->list[pieces->count - 1].gap = 1;
	text_put_escaped(&text, gpu->name ? gpu->name : "(name unknown)", NAME_COLUMNS);
}

static void add_kernels(struct pieces *pieces, const struct gpu_row *gpu)
{
	struct text text = pieces_add(pieces, RANK_KERNELS);

	unit_put(&text, UNIT_RATE, gpu->kernels, UNIT_ANY_WIDTH);
	text_put(&text, " kern/s");
}

static void add_driver(struct pieces *pieces, const struct nvml_device *driver)
{
	struct text text;

	if (driver->utilisation >= 0) {
		text = pieces_add(pieces, RANK_BUSY);
		text_putf(&text, "driver says %d%% busy", driver->utilisation);
	}
	if (driver->used_bytes) {
		text = pieces_add(pieces, RANK_USED);
		if (driver->utilisation < 0)
			text_put(&text, "driver says ");
		text_put_bytes(&text, driver->used_bytes);
		text_put(&text, " used");
	}
}

void layout_gpu(struct screen *screen, int y, const struct gpu_row *gpu)
{
	struct pieces pieces = { .count = 0 };
	int x, left, width;
	struct text text;

	add_name(&pieces, gpu);
	text = pieces_add(&pieces, RANK_MEMORY);
	if (gpu->watched) {
		text_put(&text, "watched ");
		put_memory(&text, gpu);
	} else {
		text_put(&text, "not used by what is watched");
	}
	left = pieces.count;
	if (gpu->watched)
		add_kernels(&pieces, gpu);
	if (gpu->driver)
		add_driver(&pieces, gpu->driver);
	pieces_fit(&pieces, screen, screen->width);
	width = screen->width - pieces_columns(&pieces, screen, 0, pieces.count) - 1 - BRACKETS;
	x = pieces_put(&pieces, screen, y, 0, STYLE_PLAIN, 0, left);
	if (gpu->watched && gpu->total_bytes && width >= BAR_LEAST) {
		width = width > BAR_MAX ? BAR_MAX : width;
		put_gauge(screen, y, x + 1, width, gpu);
		x += 1 + width + BRACKETS;
	}
	pieces_put(&pieces, screen, y, x + PIECE_GAP, STYLE_PLAIN, left, pieces.count);
}

void layout_gpus(struct screen *screen, int y, int room, const struct gpus *gpus)
{
	int count = (int)gpus->count, shown = count <= room ? count : room;
	char more[64];

	for (int i = 0; i < shown; i++)
		layout_gpu(screen, y + i, &gpus->list[i]);
	if (shown <= 0 || shown == count)
		return;
	snprintf(more, sizeof(more), "... %d more devices", count - shown + 1);
	screen_fill(screen, y + shown - 1, 0, screen->width, STYLE_PLAIN, ' ', ' ');
	screen_put(screen, y + shown - 1, 0, screen->width, STYLE_DIM, more);
}
