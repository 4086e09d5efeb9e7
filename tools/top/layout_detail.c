/*
 * Everything about one process.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout_parts.h"
#include "report/errors.h"
#include "report/text.h"
#include "units.h"

enum { LINE_MAX_BYTES = 2048, NAME_CHARACTERS = 400, PANE_HEAD_LINES = 8 };

bool block_open(const struct block *block)
{
	return block->lines >= block->skip && block->y < block->bottom;
}

void block_put(struct block *block, enum style style, const char *line)
{
	if (block_open(block))
		screen_put(block->screen, block->y++, block->x, block->end, style, line);
	block->lines++;
}

void block_putf(struct block *block, enum style style, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	block_put(block, style, line);
}

/* How many bytes of `text` are fit for a line of so many columns. */
static size_t fitting(const struct block *block, const char *text, int columns)
{
	size_t length = strlen(text), space = 0, i = 0;
	char piece[LINE_MAX_BYTES];

	if (screen_columns(block->screen, text) <= columns)
		return length;
	for (; i < length && i + 1 < sizeof(piece); i++) {
		piece[i] = text[i];
		piece[i + 1] = 0;
		if ((text[i + 1] & 0xc0) == 0x80) /* in the middle of a character */
			continue;
		if (screen_columns(block->screen, piece) > columns)
			break;
		if (text[i + 1] == ' ')
			space = i + 1;
	}
	return space ? space : i ? i : 1;
}

void block_wrap(struct block *block, enum style style, const char *text)
{
	int columns = block->end - block->x, indent = 0;
	char line[LINE_MAX_BYTES];

	if (columns < 16 || strlen(text) >= sizeof(line)) {
		block_put(block, style, text);
		return;
	}
	do {
		size_t length = fitting(block, text, columns - indent);

		memset(line, ' ', (size_t)indent);
		memcpy(line + indent, text, length);
		line[(size_t)indent + length] = 0;
		block_put(block, style, line);
		text += length;
		while (*text == ' ')
			text++;
		indent = 4;
	} while (*text);
}

static void put_wrapped(struct block *block, const char *lead, const char *text)
{
	char line[LINE_MAX_BYTES];

	snprintf(line, sizeof(line), "%s%s", lead, text);
	block_wrap(block, STYLE_PLAIN, line);
}

static void put_head(struct block *block, const struct row *row)
{
	const struct process_snapshot *process = row->process;
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

	text_putf(&text, "%d  ", (int)process->pid);
	text_put_escaped(&text, process->command ? process->command : "?", NAME_CHARACTERS);
	block_wrap(block, STYLE_STRONG, line);
	text = text_in(line, sizeof(line));
	text_putf(&text, "%s%s: %s (%s)", process->figures.driver.simulated ? "SIMULATED " : "",
		row->judgement.headline, row->judgement.summary, row->judgement.reason);
	block_wrap(block, STYLE_PLAIN, line);
	if (row->judgement.evidence[0])
		put_wrapped(block, "seen by ", row->judgement.evidence);
	if (row->judgement.advice[0])
		put_wrapped(block, "next: ", row->judgement.advice);
}

static void put_state(struct block *block, const struct row *row)
{
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

	columns_put_state(&text, row);
	text_put(&text, ", ran ");
	unit_time(&text, row->seconds);
	text_put(&text, ", user ");
	text_put_escaped(&text, row->user, 24);
	text_putf(&text, ", parent %d, session %s", (int)row->process->parent, row->session);
	if (row->process->images > 1)
		text_putf(&text, ", %u programs by exec", row->process->images);
	block_wrap(block, STYLE_PLAIN, line);
}

static void put_memory(struct block *block, const struct row *row)
{
	const struct segment_memory *memory = &row->process->figures.totals.memory;
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));

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

static void put_copies(struct block *block, const struct row *row)
{
	static const char *const names[COPY_KINDS] = { "to device", "back", "on device",
		"between devices", "unified", "memset" };
	const struct totals *totals = &row->process->figures.totals;
	char line[LINE_MAX_BYTES];
	struct text text = text_in(line, sizeof(line));
	bool any = false;

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

static void put_libraries(struct block *block, const struct row *row)
{
	const struct figures *figures = &row->process->figures;
	char line[LINE_MAX_BYTES];

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

static const struct kernel_figures *kernel_before(
	const struct row *row, const struct kernel_figures *kernel)
{
	const struct figures *figures = row->previous ? &row->previous->figures : NULL;

	for (unsigned i = 0; figures && i < figures->n_kernels; i++)
		if (figures->kernels[i].device == kernel->device &&
			!strcmp(figures->kernels[i].name, kernel->name))
			return &figures->kernels[i];
	return NULL;
}

/* Of something that was not there before, all is new. */
static double rate_since(
	const struct model *model, const struct row *row, uint64_t now, const uint64_t *before)
{
	if (!row->previous || !row_running(row))
		return NAN;
	return model_rate(now, before ? *before : 0, model->interval);
}

static void put_figures(struct text *text, double rate, uint64_t total)
{
	char figure[UNIT_MAX];
	struct text piece = text_in(figure, sizeof(figure));

	unit_rate(&piece, rate);
	text_putf(text, "%7s", figure);
	piece = text_in(figure, sizeof(figure));
	unit_count(&piece, total);
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
		const struct kernel_figures *kernel = &figures->kernels[i], *before;
		struct text text = text_in(line, sizeof(line));

		line[0] = 0;
		if (block_open(block)) {
			before = kernel_before(row, kernel);
			put_figures(&text,
				rate_since(model, row, kernel->launches,
					before ? &before->launches : NULL),
				kernel->launches);
			text_put_escaped(&text, kernel->name, NAME_CHARACTERS);
		}
		block_put(block, STYLE_PLAIN, line);
	}
}

static int compare_calls(const void *a, const void *b)
{
	const struct function_figures *l = *(const struct function_figures *const *)a;
	const struct function_figures *r = *(const struct function_figures *const *)b;

	if (l->calls != r->calls)
		return l->calls > r->calls ? -1 : 1;
	return strcmp(l->name, r->name);
}

static const struct function_figures *function_before(
	const struct row *row, const struct function_figures *function)
{
	const struct figures *figures = row->previous ? &row->previous->figures : NULL;

	for (unsigned i = 0; figures && i < figures->n_functions; i++)
		if (figures->functions[i].layer == function->layer &&
			!strcmp(figures->functions[i].name, function->name) &&
			!strcmp(figures->functions[i].library, function->library))
			return &figures->functions[i];
	return NULL;
}

static void put_function(struct block *block, const struct model *model, const struct row *row,
	const struct function_figures *function)
{
	const struct function_figures *before = function_before(row, function);
	char line[LINE_MAX_BYTES], unknown[ERROR_NAME_MAX];
	struct text text = text_in(line, sizeof(line));

	put_figures(&text, rate_since(model, row, function->calls, before ? &before->calls : NULL),
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

void detail_whole(struct block *block, const struct model *model, const struct row *row)
{
	put_head(block, row);
	put_state(block, row);
	put_memory(block, row);
	put_copies(block, row);
	put_libraries(block, row);
	block_put(block, STYLE_PLAIN, "");
	put_kernels(block, model, row);
	block_put(block, STYLE_PLAIN, "");
	put_functions(block, model, row);
}

void detail_pane(
	struct screen *screen, int y, int height, const struct model *model, const struct row *row)
{
	int middle = screen->width * 2 / 5, bottom = y + height;
	int head = height / 2 < PANE_HEAD_LINES ? height / 2 : PANE_HEAD_LINES;
	struct block block = {
		.screen = screen, .x = 1, .end = screen->width, .y = y, .bottom = y + head
	};

	screen_fill(screen, y - 1, 0, screen->width, STYLE_DIM, 0x2500, '-');
	put_head(&block, row);
	put_memory(&block, row);
	put_copies(&block, row);
	put_libraries(&block, row);
	y = block.y;
	block = (struct block){
		.screen = screen, .x = 1, .end = middle - 1, .y = y, .bottom = bottom
	};
	put_kernels(&block, model, row);
	block = (struct block){
		.screen = screen, .x = middle, .end = screen->width, .y = y, .bottom = bottom
	};
	put_functions(&block, model, row);
}
