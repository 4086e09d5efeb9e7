/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../say.h"
#include "layout_parts.h"
#include "listing.h"

/* Commands are not cut as on a screen, but a line has an end. */
enum { LINE_COLUMNS = 512, LINE_BYTES = LINE_COLUMNS * 8, NARROWEST = 40, EMPTY_LINES = 8 };

static void print_line(FILE *to, struct screen *line)
{
	char text[LINE_BYTES];

	screen_line(line, 0, text, sizeof(text));
	fprintf(to, "%s\n", text);
	screen_clear(line);
}

static void print_table(
	FILE *to, struct model *model, struct view *view, int width, struct screen *line)
{
	struct columns columns;

	columns_place(&columns, model, width);
	columns.places[columns.count - 1].width = line->width - columns.places[columns.count - 1].x;
	layout_header(line, 0, &columns, view->sort);
	print_line(to, line);
	for (unsigned i = 0; i < view->listing.count; i++) {
		layout_row(line, 0, &columns, model, view, i);
		print_line(to, line);
	}
}

static void print_nothing(FILE *to, const char *place)
{
	char line[SAY_LINE_MAX];

	say_line(line, "nothing is watched in %s", place);
	fputs(line, to);
}

/* Why there is no line. */
static void print_empty(FILE *to, const struct model *model, const struct view *view)
{
	struct block block = { .end = LINE_COLUMNS, .bottom = EMPTY_LINES };
	struct screen lines;
	char text[LINE_BYTES];

	if (!model->n_rows && !model->sample->unwanted) {
		print_nothing(to, view->place ? view->place : "?");
		return;
	}
	if (screen_make(&lines, LINE_COLUMNS, EMPTY_LINES, view->utf8))
		return;
	block.screen = &lines;
	layout_empty(&block, model, view, HINTS_NONE);
	for (int y = 0; y < block.y; y++) {
		screen_line(&lines, y, text, sizeof(text));
		fprintf(to, "%s\n", text);
	}
	screen_free(&lines);
}

void batch_print(FILE *to, struct model *model, struct view *view, int width)
{
	struct screen line;
	int title_width = width < NARROWEST ? NARROWEST : width;

	listing_update(view, model);
	if (screen_make(&line, title_width, 1, view->utf8))
		return;
	layout_title(&line, 0, model, view);
	print_line(to, &line);
	for (unsigned i = 0; i < model->gpus.count; i++) {
		layout_gpu(&line, 0, &model->gpus.list[i]);
		print_line(to, &line);
	}
	screen_free(&line);
	if (!view->listing.count)
		print_empty(to, model, view);
	else if (screen_make(&line, LINE_COLUMNS, 1, view->utf8) == 0) {
		print_table(to, model, view, width, &line);
		screen_free(&line);
	}
	fputc('\n', to);
}

/* Of the terminal if it is one, else as the shell says, else that of most. */
static int output_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	int width = 80;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		width = size.ws_col;
	else if (columns && atoi(columns) > 0)
		width = atoi(columns);
	return width < NARROWEST ? NARROWEST : width > LINE_COLUMNS ? LINE_COLUMNS : width;
}

static void sleep_until(uint64_t when)
{
	struct timespec due = { (time_t)(when / 1000000000u), (long)(when % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
		continue;
}

static int print_sample(const struct options *options, struct model *model, struct view *view)
{
	int status = 0;

	view_set_time(view);
	if (options->json)
		status = batch_print_json(stdout, model, view);
	else
		batch_print(stdout, model, view, output_width());
	return say_is_written("gpuspy-top") ? status : -1;
}

int batch_run(const struct options *options, long count, struct sampler *sampler, struct view *view)
{
	struct model model;
	int status = 0;

	model_init(&model);
	for (long done = 0; !status && (!count || done < count); done++) {
		struct sample *sample;

		if (done)
			sleep_until(model.sample->monotonic_ns + (uint64_t)(view->delay * 1e9));
		sample = sample_take(sampler);
		if (!sample) {
			say("gpuspy-top: out of memory");
			status = -1;
			break;
		}
		sample_free(model_update(&model, sample));
		status = print_sample(options, &model, view);
	}
	model_free(&model);
	return status ? 1 : 0;
}
