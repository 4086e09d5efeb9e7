/* SPDX-License-Identifier: MIT */
/*
 * The first line: what is looked at, how often, and what is not shown.
 */
#include "layout_parts.h"
#include "pieces.h"

/* The pieces of the line, by how long they stay. */
enum rank {
	RANK_NAME,
	RANK_PAUSED,
	RANK_FILTER,
	RANK_LEFT_OUT,
	RANK_RUNNING,
	RANK_DELAY,
	RANK_ENDED,
	RANK_ELSEWHERE,
	RANK_UNREADABLE,
	RANK_HOST,
	RANK_SESSIONS,
	RANK_CLOCK,
};

static void add_left(struct pieces *pieces, const struct view *view)
{
	struct text text = pieces_add(pieces, RANK_NAME);

	text_put(&text, "gpuspy-top");
	if (view->host && *view->host) {
		text = pieces_add(pieces, RANK_HOST);
		text_put_escaped(&text, view->host, 24);
	}
	text = pieces_add(pieces, RANK_CLOCK);
	text_putf(&text, "%02ld:%02ld:%02ld", view->clock / 3600 % 24, view->clock / 60 % 60,
		view->clock % 60);
	text = pieces_add(pieces, RANK_DELAY);
	text_putf(&text, "every %.1f s", view->delay);
	if (view->paused) {
		text = pieces_add(pieces, RANK_PAUSED);
		text_put(&text, "PAUSED");
	}
}

static void add_count(struct pieces *pieces, enum rank rank, unsigned count, const char *words)
{
	struct text text = pieces_add(pieces, rank);

	unit_put(&text, UNIT_COUNT, count, UNIT_ANY_WIDTH);
	text_putf(&text, " %s", words);
}

static void add_right(struct pieces *pieces, const struct model *model, const struct view *view)
{
	const struct sample *sample = model->sample;

	add_count(pieces, RANK_SESSIONS, model->running_sessions,
		model->running_sessions == 1 ? "session" : "sessions");
	add_count(pieces, RANK_RUNNING, model->running, "running");
	if (model->elsewhere)
		add_count(pieces, RANK_ELSEWHERE, model->elsewhere, "elsewhere");
	add_count(pieces, RANK_ENDED, model->ended, "ended");
	if (sample && sample->unreadable)
		add_count(pieces, RANK_UNREADABLE, sample->unreadable, "unreadable");
	if (sample && sample->left_out)
		add_count(pieces, RANK_LEFT_OUT, sample->left_out, "left out");
	if (view->listing.hidden_by_filter)
		add_count(pieces, RANK_FILTER, view->listing.hidden_by_filter, "filtered");
}

void layout_title(struct screen *screen, int y, const struct model *model, const struct view *view)
{
	struct pieces pieces = { .count = 0 };
	int left, columns;

	add_left(&pieces, view);
	left = pieces.count;
	add_right(&pieces, model, view);
	pieces_fit(&pieces, screen, screen->width);
	columns = pieces_columns(&pieces, screen, left, pieces.count);
	pieces_put(&pieces, screen, y, 0, STYLE_STRONG, 0, left);
	pieces_put(&pieces, screen, y, screen->width - columns, STYLE_PLAIN, left, pieces.count);
}

static void put_hidden(
	struct block *block, const char *what, unsigned count, enum hints hints, const char *key)
{
	if (count)
		block_putf(block, STYLE_PLAIN, "%s hides %u %s%s.", what, count,
			count == 1 ? "process" : "processes", hints == HINTS_KEYS ? key : "");
}

void layout_empty(
	struct block *block, const struct model *model, const struct view *view, enum hints hints)
{
	const struct listing *listing = &view->listing;
	char what[TYPED_MAX + 32];
	struct text text = text_in(what, sizeof(what));

	text_putf(&text, "The filter \"%s\"", view->filter);
	put_hidden(block, what, listing->hidden_by_filter, hints, ": \\ changes it, Esc clears it");
	put_hidden(block, "The choice of a user", listing->hidden_by_user, hints,
		": u chooses another");
	if (!model->n_rows && model->sample && model->sample->unwanted) {
		if (view->session)
			block_putf(block, STYLE_PLAIN,
				"No session is named %s: --session hides %u others.", view->session,
				model->sample->unwanted);
		else
			put_hidden(block, "--pid", model->sample->unwanted, hints, "");
	} else if (!model->n_rows) {
		block_putf(block, STYLE_PLAIN, "Nothing is watched now in %s.",
			view->place ? view->place : "?");
		block_put(block, STYLE_PLAIN, "Start something:  gpuspy run Rscript train.R");
	}
	if (listing->hidden_ended)
		block_putf(block, STYLE_PLAIN, "%u earlier %s: press e.", listing->hidden_ended,
			listing->hidden_ended == 1 ? "process" : "processes");
	if (!view->all_users && hints == HINTS_KEYS)
		block_put(block, STYLE_DIM, "Sessions of other users are not visible here.");
}
