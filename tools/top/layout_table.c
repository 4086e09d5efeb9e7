/* SPDX-License-Identifier: MIT */
/*
 * The table: names of columns, processes and sessions.
 */
#include <stdio.h>
#include <string.h>

#include "layout_parts.h"
#include "listing.h"
#include "report/job.h"
#include "report/text.h"

/* New and ended rows are marked for so long. */
static const uint64_t marked_ns = 3000000000u;

enum { CELL_MAX = 2048, COMMAND_CHARACTERS = 400 };

void layout_header(struct screen *screen, int y, const struct columns *columns, enum column sort)
{
	screen_paint(screen, y, 0, screen->width, STYLE_HEADER);
	for (int i = 0; i < columns->count; i++) {
		const struct column_place *place = &columns->places[i];
		const struct column_kind *kind = &column_kinds[place->column];
		enum style style = place->column == sort ? STYLE_SORTED : STYLE_HEADER;
		int end = place->x + place->width;

		if (kind->align == ALIGN_RIGHT)
			screen_put_right(screen, y, end, place->width, style, kind->title);
		else
			screen_put(screen, y, place->x, end, style, kind->title);
	}
}

static enum style state_style(const struct row *row)
{
	if (row->state == ROW_ACTIVE)
		return STYLE_GOOD;
	return row->state == ROW_KILLED || row->state == ROW_ZOMBIE ? STYLE_BAD : STYLE_PLAIN;
}

static enum style verdict_style(const struct row *row)
{
	switch (row->judgement.verdict) {
	case VERDICT_WORK:
		return STYLE_GOOD;
	case VERDICT_FAULT:
		return STYLE_BAD;
	default:
		return STYLE_WARNING;
	}
}

static enum style cell_style(enum column column, const struct row *row)
{
	if (column == COLUMN_GPU)
		return verdict_style(row);
	if (!row_running(row))
		return STYLE_DIM;
	if (column == COLUMN_STATE)
		return state_style(row);
	if (column == COLUMN_ERRORS && row->process->figures.totals.errors)
		return STYLE_WARNING;
	return STYLE_PLAIN;
}

enum command { COMMAND_SHORT, COMMAND_FULL };

static void put_command(struct text *text, const struct row *row, enum command form)
{
	const char *command = row->process->command ? row->process->command : "?";

	if (form == COMMAND_FULL)
		text_put_escaped(text, command, COMMAND_CHARACTERS);
	else
		text_put_command(text, command, COMMAND_CHARACTERS);
}

static void put_tree(struct text *text, const struct line *line, bool utf8)
{
	for (unsigned i = 1; i < line->depth && i < 20; i++)
		text_put(text, "  ");
	if (!line->depth)
		return;
	if (utf8)
		text_put(text,
			line->last ? "\xe2\x94\x94\xe2\x94\x80 " : "\xe2\x94\x9c\xe2\x94\x80 ");
	else
		text_put(text, line->last ? "`- " : "|- ");
}

static void put_session(struct text *text, const struct session_row *session)
{
	text_putf(text, "session %s (%u %s)", session->name, session->count,
		session->count == 1 ? "process" : "processes");
}

static void put_job(struct text *text, const struct model *model, const struct session_row *session)
{
	unsigned count = 0;

	for (unsigned i = 0; i < model->n_sessions; i++)
		count += model_same_job(&model->sessions[i], session);
	text_put(text, "job ");
	job_put_id(text, &session->job->job);
	text_putf(text, " (%u %s)", count, count == 1 ? "session" : "sessions");
}

/* Says by a sign what its style says too. */
static char mark_of(const struct row *row, uint64_t now)
{
	if (row->tagged)
		return '*';
	if (row->ended && now - row->ended < marked_ns)
		return '-';
	return row->appeared && now - row->appeared < marked_ns ? '+' : ' ';
}

static void put_cells(struct screen *screen, int y, const struct columns *columns,
	const struct row *row, const char *command)
{
	for (int i = 0; i < columns->count; i++) {
		const struct column_place *place = &columns->places[i];
		const struct column_kind *kind = &column_kinds[place->column];
		enum style style = cell_style(place->column, row);
		int end = place->x + place->width;
		char buffer[CELL_MAX];
		struct text text = text_in(buffer, sizeof(buffer));

		if (place->column == COLUMN_COMMAND)
			text_put(&text, command);
		else
			columns_put(&text, place->column, row, place->width);
		if (kind->align == ALIGN_RIGHT)
			screen_put_right(screen, y, end, place->width, style, buffer);
		else
			screen_put(screen, y, place->x, end, style, buffer);
	}
}

void layout_row(struct screen *screen, int y, const struct columns *columns,
	const struct model *model, const struct view *view, unsigned number)
{
	const struct line *line = &view->listing.lines[number];
	char command[CELL_MAX], mark[2] = " ";
	struct text text = text_in(command, sizeof(command));
	struct process_snapshot process;
	struct row session;
	const struct row *row;

	if (line->job) {
		put_job(&text, model, &model->sessions[line->index]);
		session = columns_job_row(model, &model->sessions[line->index], &process);
		row = &session;
	} else if (line->session) {
		put_session(&text, &model->sessions[line->index]);
		session = columns_session_row(&model->sessions[line->index], &process);
		row = &session;
	} else {
		row = &model->rows[line->index];
		put_tree(&text, line, screen->utf8);
		put_command(&text, row, view->full_command ? COMMAND_FULL : COMMAND_SHORT);
		mark[0] = mark_of(row, view->now);
	}
	put_cells(screen, y, columns, row, command);
	if (row == &session) /* its pid is that of its first process only */
		screen_fill(screen, y, 0, columns->places[0].x + columns->places[0].width,
			STYLE_PLAIN, ' ', ' ');
	screen_put(screen, y, 0, 1, STYLE_STRONG, mark);
	if (mark[0] == '+' || mark[0] == '-' || mark[0] == '*' || row == &session)
		screen_paint(screen, y, 0, columns->places[0].x + columns->places[0].width,
			STYLE_STRONG);
	if (number == view->selected)
		screen_paint(screen, y, 0, screen->width, STYLE_SELECTED);
}

void layout_short_row(struct screen *screen, int y, const struct row *row)
{
	char buffer[CELL_MAX];
	struct text text = text_in(buffer, sizeof(buffer));

	text_putf(&text, "%d ", (int)row->process->pid);
	columns_put(&text, COLUMN_GPU, row, UNIT_ANY_WIDTH);
	text_put(&text, " ");
	columns_put(&text, row_running(row) ? COLUMN_RATE : COLUMN_STATE, row, UNIT_ANY_WIDTH);
	text_put(&text, row_running(row) ? "/s " : " ");
	put_command(&text, row, COMMAND_SHORT);
	screen_put(screen, y, 0, screen->width, row_running(row) ? STYLE_PLAIN : STYLE_DIM, buffer);
}
