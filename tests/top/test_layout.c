/* SPDX-License-Identifier: MIT */
/*
 * The layout in every size and state: nothing may go wrong, nothing harmful may be shown. Run it
 * under -Db_sanitize=address,undefined to see more. Sizes and states are chosen at random, for
 * GPUSPY_TEST_SECONDS; GPUSPY_TEST_SEED repeats a run. With GPUSPY_TEST_ALL=1 each size from 1x1
 * to 500x200 is tried once, which takes a while.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keys.h"
#include "menus.h"
#include "scene.h"

enum { WIDTH_MAX = 500, HEIGHT_MAX = 200, MODELS = 8, ROWS_MOST = 500 };

static const char *const commands[] = { "Rscript train.R", "",
	"\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87 \xe4\xb8\xad.R",
	"x \x1b]0;title\x07\x1b[2J \xff\xfe \xc2\x9b"
	"31m\n\t\r",
	"e\xcc\x81\xcc\x81\xcc\x81 \xe2\x80\xae"
	"drawkcab",
	"python3 -c 'import torch'",
	"/usr/lib/R/bin/exec/R --no-echo --no-restore --file=a.R --args a b c d e f g h i j k" };

static struct model models[MODELS];
static uint64_t state;

static unsigned below(unsigned limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state % limit);
}

static void make_model(struct model *model, unsigned rows, int devices)
{
	struct scene_process *list = calloc(rows + 1u, sizeof(*list));
	char(*names)[32] = calloc(rows + 1u, sizeof(*names));

	model_init(model);
	for (unsigned i = 0; i < rows; i++) {
		snprintf(names[i], sizeof(names[i]), "session-%u", i / 3);
		list[i] = (struct scene_process){ .session = names[i],
			.command = commands[i % (sizeof(commands) / sizeof(*commands))],
			.pid = (pid_t)(i * 8191 % 4194303 + 1),
			.parent = i ? list[i - 1].pid : 1,
			.start = i + 1u,
			.uid = i % 5 ? 0 : 12345,
			.run_state = i % 4 ? 'R' : 0,
			.exited = i % 8 == 0,
			.launches = (uint64_t)i * 1234567,
			.memory = (uint64_t)i << 30,
			.devices = (int)(i % 4) * devices / 3,
			.simulated = i % 7 == 0 };
	}
	for (unsigned tick = 0; tick < 2 + rows % 3; tick++) {
		for (unsigned i = 0; i < rows; i++)
			list[i].launches += i % 2 ? 1000 * tick : 0;
		scene_update(model, tick, list, rows);
	}
	/* Whatever rates there have been. */
	for (unsigned i = 0; i < rows && rows > 2; i++)
		for (int plot = 0; plot < PLOTS; plot++)
			model->all.values[plot][i % HISTORY_MAX] = (float)(i * i);
	if (rows > 2)
		model->timeline.count = rows % HISTORY_MAX;
	free(names);
	free(list);
}

static void make_models(void)
{
	static const struct {
		unsigned rows;
		int devices;
	} kinds[MODELS] = { { 0, 0 }, { 1, 1 }, { 3, 2 }, { 7, 0 }, { 24, 8 }, { 50, 16 },
		{ 200, 16 }, { ROWS_MOST, 4 } };

	for (int i = 0; i < MODELS; i++)
		make_model(&models[i], kinds[i].rows, kinds[i].devices);
}

static void random_view(struct view *view, struct model *model)
{
	struct listing listing = view->listing;

	view_init(view);
	view->listing = listing;
	view->tree = below(2);
	view->show_ended = below(4);
	view->full_command = below(2);
	view->side_detail = below(4);
	view->utf8 = below(2);
	view->inverted = below(2);
	view->sort = (enum column)below(COLUMNS_MAX);
	view->now = 2000000000u;
	view->host = "a-host-with-a-rather-long-name.example.org";
	view->place = "/dev/shm/gpuspy-*";
	if (!below(8))
		strcpy(view->filter, below(2) ? "train" : "\xe4\xb8\xad");
	if (!below(4))
		view_say(view, "a message %u", below(1000));
	listing_update(view, model);
	view->selected = below(view->listing.count + 2);
	view->top = below(view->listing.count + 10);
	listing_update(view, model);
	if (below(2))
		return;
	view->scroll = below(2) ? below(40) : below(2) ? 0 : 4000000000u;
	if (below(2)) {
		menus_sort(view);
		view->menu.selected = (int)below((unsigned)view->menu.count);
	} else {
		view->mode = (enum mode)below(MODE_MENU);
	}
	if (!below(6)) {
		view->mode = MODE_CONFIRM;
		view->n_targets = (int)below(3);
		view->signal = 15;
	}
}

/* Every cell can be shown, and wide characters are whole. */
static bool good(const struct screen *screen)
{
	for (int y = 0; y < screen->height; y++) {
		for (int x = 0; x < screen->width; x++) {
			const struct cell *cell = &screen->cells[y * screen->width + x];

			if (cell->style >= STYLES ||
				(cell->code &&
					(cell->code < 0x20 || cell->code == 0x7f ||
						(cell->code >= 0x80 && cell->code < 0xa0))) ||
				(!cell->code && (x == 0 || !cell[-1].code)) ||
				(!screen->utf8 && cell->code >= 0x7f))
				return false;
		}
	}
	return true;
}

static bool try_size(struct view *view, int width, int height)
{
	struct model *model = &models[below(MODELS)];
	struct places places;
	struct screen screen;
	bool fine;

	random_view(view, model);
	if (screen_make(&screen, width, height, view->utf8))
		return false;
	layout_draw(&screen, model, view, &places);
	fine = good(&screen) && places.rows >= 0 && places.rows_y + places.rows <= height;
	/* And what the keys make of it. */
	for (int i = 0; i < 3; i++) {
		uint32_t key = below(2) ? PRESS_UP + below(30) : ' ' + below(95);

		keys_handle(view, model, &places,
			(struct input){ key, (int)below(500), (int)below(200) });
		listing_update(view, model);
	}
	view->top = places.top;
	layout_draw(&screen, model, view, &places);
	fine = fine && good(&screen);
	screen_free(&screen);
	if (!fine)
		printf("# %dx%d is wrong\n", width, height);
	return fine;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *value = getenv(variable);

	return value ? strtoull(value, NULL, 10) : otherwise;
}

int main(void)
{
	uint64_t seed = number_from(
		"GPUSPY_TEST_SEED", (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid());
	time_t end;
	struct view view;
	unsigned long tried = 0;
	bool fine = true;

	setlocale(LC_CTYPE, "C.UTF-8");
	state = seed | 1;
	printf("1..1\n# GPUSPY_TEST_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	make_models();
	view_init(&view);
	if (number_from("GPUSPY_TEST_ALL", 0))
		for (int width = 1; width <= WIDTH_MAX; width++)
			for (int height = 1; fine && height <= HEIGHT_MAX; height++, tried++)
				fine = try_size(&view, width, height);
	/* Small ones more often: there things get tight. */
	end = time(NULL) + (time_t)number_from("GPUSPY_TEST_SECONDS", 3);
	for (; fine && time(NULL) < end; tried++)
		fine = below(4) ? try_size(&view, 1 + (int)below(140), 1 + (int)below(50))
				: try_size(&view, 1 + (int)below(WIDTH_MAX),
					  1 + (int)below(HEIGHT_MAX));
	printf("%s 1 - %lu screens\n", fine ? "ok" : "not ok", tried);
	for (int i = 0; i < MODELS; i++) {
		model_free(&models[i]);
	}
	view_free(&view);
	return !fine;
}
