/* SPDX-License-Identifier: MIT */
/*
 * Everything about one process.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout_parts.h"
#include "report/errors.h"
#include "report/text.h"

enum { NAME_CHARACTERS = 400, PANE_HEAD_LINES = 8, PANE_WITH_PLOTS = 10 };

static void put_wrapped(struct block *block, const char *lead, const char *text)
{
	char line[LINE_MAX_BYTES];

	snprintf(line, sizeof(line), "%s%s", lead, text);
	block_wrap(block, STYLE_PLAIN, line);
}

static void put_judgement(
	struct block *block, const struct judgement *judgement, const struct driver_facts *driver)
{
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

	text_putf(&text, "%s%s: %s (%s)", driver->simulated ? "SIMULATED " : "",
		judgement->headline, judgement->summary, judgement->reason);
	block_wrap(block, STYLE_PLAIN, line);
	if (judgement->evidence[0])
		put_wrapped(block, "seen by ", judgement->evidence);
	if (judgement->advice[0])
		put_wrapped(block, "next: ", judgement->advice);
}

static void put_head(struct block *block, const struct model *model, const struct row *row)
{
	const struct process_snapshot *process = row->process;
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

	(void)model;
	text_putf(&text, "%d  ", (int)process->pid);
	text_put_escaped(&text, process->command ? process->command : "?", NAME_CHARACTERS);
	block_wrap(block, STYLE_STRONG, line);
	put_judgement(block, &row->judgement, &process->figures.driver);
}

static void put_state(struct block *block, const struct model *model, const struct row *row)
{
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

	(void)model;
	columns_put(&text, COLUMN_STATE, row, UNIT_ANY_WIDTH);
	text_put(&text, ", ran ");
	unit_put(&text, UNIT_TIME, row->seconds, UNIT_ANY_WIDTH);
	text_put(&text, ", user ");
	text_put_escaped(&text, row->user, 24);
	text_putf(&text, ", parent %d, session %s", (int)row->process->parent, row->session);
	if (row->process->images > 1)
		text_putf(&text, ", %u programs by exec", row->process->images);
	block_wrap(block, STYLE_PLAIN, line);
}

/* What the host and the driver say of it, each where it is known. */
static void put_others(struct block *block, const struct model *model, const struct row *row)
{
	const struct {
		const char *before;
		enum unit unit;
		double value;
		const char *after;
	} figures[] = {
		{ "host    processor ", UNIT_PERCENT, row->host.cpu, "%" },
		{ "resident memory ", UNIT_BYTES, row->host.bytes, "" },
		{ "the driver says ", UNIT_PERCENT, row->driver.busy, "% busy" },
		{ "the driver says memory ", UNIT_BYTES, row->driver.bytes, "" },
	};
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

	(void)model;
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		if (isnan(figures[i].value))
			continue;
		text_putf(&text, "%s%s", text.length ? ", " : "", figures[i].before);
		unit_put(&text, figures[i].unit, figures[i].value, UNIT_ANY_WIDTH);
		text_put(&text, figures[i].after);
	}
	if (text.length)
		block_wrap(block, STYLE_PLAIN, line);
}

static void put_memory(struct block *block, const struct model *model, const struct row *row)
{
	const struct segment_memory *memory = &row->process->figures.totals.memory;
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

	(void)model;
	text_put(&text, "memory  ");
	if (row_running(row)) {
		text_put_bytes(&text, memory->live_bytes);
		text_put(&text, ", ");
	}
	text_put(&text, "peak ");
	text_put_bytes(&text, memory->peak_bytes);
	text_put(&text, ", ");
	text_put_counted(&text, memory->allocations, "allocation", "allocations");
	text_put(&text, ", ");
	text_put_counted(&text, memory->frees, "free", "frees");
	block_put(block, STYLE_PLAIN, line);
}

static void put_copies(struct block *block, const struct model *model, const struct row *row)
{
	static const char *const names[COPY_KINDS] = { "to device", "back", "on device",
		"between devices", "unified", "memset" };
	const struct totals *totals = &row->process->figures.totals;
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));
	bool any = false;

	(void)model;
	text_put(&text, "copies  ");
	for (int i = 0; i < COPY_KINDS; i++) {
		if (!totals->copies[i].calls)
			continue;
		text_putf(&text, "%s%s ", any ? ", " : "", names[i]);
		text_put_bytes(&text, totals->copies[i].bytes);
		text_put(&text, " in ");
		text_put_count(&text, totals->copies[i].calls);
		any = true;
	}
	if (!any)
		text_put(&text, "none");
	block_wrap(block, STYLE_PLAIN, line);
}

static void put_libraries(struct block *block, const struct model *model, const struct row *row)
{
	const struct figures *figures = &row->process->figures;
	char line[LINE_MAX_BYTES];

	(void)model;
	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];
		struct text text = text_in(line, sizeof(line));

		text_put(&text, library->loaded ? "library " : "MISSING ");
		text_put_escaped(&text, library->name, 60);
		if (library->version && library->layer < LAYERS) {
			text_put(&text, " version ");
			layer_version(&text, (enum segment_layer)library->layer, library->version);
		}
		text_put(&text, "  ");
		if (library->path || library->error)
			text_put_escaped(
				&text, library->path ? library->path : library->error, 160);
		block_wrap(block, library->loaded ? STYLE_PLAIN : STYLE_WARNING, line);
	}
}

/* Of its session, as long as somebody watched. */
static void put_session_plots(
	struct block *block, const struct model *model, const struct session_row *session)
{
	for (int plot = 0; session && session->history && plot < PLOTS; plot++) {
		if (block_open(block))
			layout_plot(block->screen,
				(struct plot_place){ block->y++, block->x, block->end }, model,
				session->history, (enum plot)plot);
		block->lines++;
	}
}

static void put_plots(struct block *block, const struct model *model, const struct row *row)
{
	put_session_plots(block, model, model_session_of(model, row));
}

/* Per second. What was not there before was none: all of it is new. */
static double rate_since(
	const struct model *model, const struct row *row, uint64_t now, uint64_t before)
{
	if (!row->previous || !row_running(row))
		return NAN;
	return rate_between(now, before, model->interval);
}

/* In the sample before, where a name may stand in several places. */
static uint64_t launches_before(const struct row *row, const struct kernel_figures *kernel)
{
	const struct figures *figures = row->previous ? &row->previous->figures : NULL;
	uint64_t sum = 0;

	for (unsigned i = 0; figures && i < figures->n_kernels; i++)
		if (figures->kernels[i].device == kernel->device &&
			!strcmp(figures->kernels[i].name, kernel->name))
			sum += figures->kernels[i].launches;
	return sum;
}

static uint64_t calls_before(const struct row *row, const struct function_figures *function)
{
	const struct figures *figures = row->previous ? &row->previous->figures : NULL;
	uint64_t sum = 0;

	for (unsigned i = 0; figures && i < figures->n_functions; i++)
		if (figures->functions[i].layer == function->layer &&
			!strcmp(figures->functions[i].name, function->name) &&
			!strcmp(figures->functions[i].library, function->library))
			sum += figures->functions[i].calls;
	return sum;
}

static void put_figures(struct text *text, double rate, uint64_t total)
{
	char figure[UNIT_MAX];
	struct text piece = text_in(figure, sizeof(figure));

	unit_put(&piece, UNIT_RATE, rate, 7);
	text_putf(text, "%7s", figure);
	piece = text_in(figure, sizeof(figure));
	unit_put(&piece, UNIT_COUNT, (double)total, 8);
	text_putf(text, " %8s  ", figure);
}

static void put_kernels(struct block *block, const struct model *model, const struct row *row)
{
	const struct figures *figures = &row->process->figures;
	char line[LINE_MAX_BYTES];

	block_putf(block, STYLE_HEADER, "%7s %8s  KERNEL", "per s", "total");
	if (!figures->n_kernels)
		block_put(block, STYLE_DIM, "                  none");
	for (unsigned i = 0; i < figures->n_kernels; i++) {
		const struct kernel_figures *kernel = &figures->kernels[i];
		struct text text = text_in(line, sizeof(line));

		line[0] = 0;
		if (block_open(block)) {
			put_figures(&text,
				rate_since(
					model, row, kernel->launches, launches_before(row, kernel)),
				kernel->launches);
			text_put_escaped(&text, kernel->name, NAME_CHARACTERS);
		}
		block_put(block, STYLE_PLAIN, line);
	}
}

static int compare_calls(const void *a, const void *b)
{
	const struct function_figures *left = *(const struct function_figures *const *)a;
	const struct function_figures *right = *(const struct function_figures *const *)b;

	if (left->calls != right->calls)
		return left->calls > right->calls ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void put_function(struct block *block, const struct model *model, const struct row *row,
	const struct function_figures *function)
{
	char line[LINE_MAX_BYTES], unknown[ERROR_NAME_MAX];
	struct text text = text_in(line, sizeof(line));

	put_figures(&text, rate_since(model, row, function->calls, calls_before(row, function)),
		function->calls);
	text_putf(&text, "%-9s ", layer_name(function->layer));
	text_put_escaped(&text, function->name, NAME_CHARACTERS);
	if (function->errors) {
		text_put(&text, "  ");
		text_put_counted(&text, function->errors, "error", "errors");
		text_putf(&text, ", last %s",
			error_name(function->layer, function->last_error, unknown));
	}
	block_put(block, function->errors ? STYLE_WARNING : STYLE_PLAIN, line);
}

static void put_functions(struct block *block, const struct model *model, const struct row *row)
{
	const struct figures *figures = &row->process->figures;
	const struct function_figures **sorted =
		malloc((figures->n_functions + 1u) * sizeof(const struct function_figures *));
	unsigned count = 0;

	block_putf(block, STYLE_HEADER, "%7s %8s  %-9s FUNCTION", "per s", "total", "layer");
	if (!sorted)
		return;
	for (unsigned i = 0; i < figures->n_functions; i++)
		if (figures->functions[i].calls)
			sorted[count++] = &figures->functions[i];
	if (count)
		qsort(sorted, count, sizeof(const struct function_figures *), compare_calls);
	else
		block_put(block, STYLE_DIM, "                  none");
	for (unsigned i = 0; i < count; i++) {
		if (block_open(block))
			put_function(block, model, row, sorted[i]);
		else
			block->lines++;
	}
	free(sorted);
}

static void put_blank(struct block *block, const struct model *model, const struct row *row)
{
	(void)model;
	(void)row;
	block_put(block, STYLE_PLAIN, "");
}

/* The parts of the page, from the top down; the pane under the table has some of them, and then
 * kernels and functions side by side. */
enum shown { ON_PAGE, ON_BOTH };

static const struct {
	void (*put)(struct block *block, const struct model *model, const struct row *row);
	enum shown shown;
} parts[] = {
	{ put_head, ON_BOTH },
	{ put_state, ON_PAGE },
	{ put_others, ON_BOTH },
	{ put_memory, ON_BOTH },
	{ put_copies, ON_BOTH },
	{ put_plots, ON_PAGE },
	{ put_libraries, ON_BOTH },
	{ put_blank, ON_PAGE },
	{ put_kernels, ON_PAGE },
	{ put_blank, ON_PAGE },
	{ put_functions, ON_PAGE },
};

static void put_parts(
	struct block *block, const struct model *model, const struct row *row, enum shown least)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i].shown >= least)
			parts[i].put(block, model, row);
}

void detail_whole(struct block *block, const struct model *model, const struct row *row)
{
	put_parts(block, model, row, ON_PAGE);
}

static struct block begin_pane(struct screen *screen, int y, int height)
{
	screen_fill(screen, y - 1, 0, screen->width, STYLE_DIM, 0x2500, '-');
	return (struct block){
		.screen = screen, .x = 1, .end = screen->width, .y = y, .bottom = y + height
	};
}

void detail_pane(
	struct screen *screen, int y, int height, const struct model *model, const struct row *row)
{
	int head = height / 2 < PANE_HEAD_LINES ? height / 2 : PANE_HEAD_LINES;
	int middle = screen->width * 2 / 5;
	struct block block = begin_pane(screen, y, head), right;

	put_parts(&block, model, row, ON_BOTH);
	block.bottom = y + height;
	if (height >= PANE_WITH_PLOTS)
		put_plots(&block, model, row);
	right = block;
	block.end = middle - 1;
	right.x = middle;
	put_kernels(&block, model, row);
	put_functions(&right, model, row);
}

void detail_session_pane(struct screen *screen, int y, int height, const struct model *model,
	const struct session_row *session)
{
	struct block block = begin_pane(screen, y, height);

	block_putf(&block, STYLE_STRONG, "session %s, %u %s", session->name, session->count,
		session->count == 1 ? "process" : "processes");
	if (session->judged)
		put_judgement(&block, &session->judgement, &session->snapshot.figures.driver);
	put_session_plots(&block, model, session);
}
