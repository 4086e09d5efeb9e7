/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "report/job.h"

const struct row *listing_row(const struct view *view, const struct model *model, unsigned line)
{
	if (line >= view->listing.count || view->listing.lines[line].session ||
		view->listing.lines[line].job)
		return NULL;
	return &model->rows[view->listing.lines[line].index];
}

const struct session_row *listing_session(
	const struct view *view, const struct model *model, unsigned line)
{
	if (line >= view->listing.count || !view->listing.lines[line].session)
		return NULL;
	return &model->sessions[view->listing.lines[line].index];
}

/* "job:1234" is that job alone, with its elements; else the text may stand anywhere. */
static bool matches_job(const struct row *row, const char *text)
{
	char name[64];
	struct text job = text_in(name, sizeof(name));

	if (!strncmp(text, "job:", 4))
		return job_is(&row->process->job, text + 4);
	cell_job(&job, row, sizeof(name));
	return cell_has_job(row->process) && strcasestr(name, text);
}

bool listing_matches(const struct row *row, const char *text)
{
	char pid[16];

	if (!*text)
		return true;
	if (matches_job(row, text))
		return true;
	snprintf(pid, sizeof(pid), "%d", (int)row->process->pid);
	return (row->process->command && strcasestr(row->process->command, text)) ||
	       strcasestr(row->session, text) || strcasestr(row->user, text) || strstr(pid, text);
}

enum shown { SHOWN, OF_ANOTHER, FILTERED, ENDED };

static enum shown shown(const struct view *view, const struct row *row)
{
	if (view->one_user && row->uid != view->user)
		return OF_ANOTHER;
	if (!listing_matches(row, view->filter))
		return FILTERED;
	return view->show_ended || row_running(row) ? SHOWN : ENDED;
}

static void count_hidden(struct view *view, const struct model *model)
{
	struct listing *listing = &view->listing;

	listing->hidden_by_user = listing->hidden_by_filter = listing->hidden_ended = 0;
	for (unsigned i = 0; i < model->n_rows; i++) {
		enum shown why = shown(view, &model->rows[i]);

		listing->hidden_by_user += why == OF_ANOTHER;
		listing->hidden_by_filter += why == FILTERED;
		listing->hidden_ended += why == ENDED;
	}
}

static void add_line(struct listing *listing, struct line line)
{
	if (listing->count == listing->room) {
		unsigned room = listing->room ? 2 * listing->room : 64;
		struct line *lines = realloc(listing->lines, room * sizeof(*lines));

		if (!lines)
			return;
		listing->lines = lines;
		listing->room = room;
	}
	listing->lines[listing->count++] = line;
}

struct sorting {
	const struct view *view;
	const struct model *model;
};

static int compare_rows(const struct view *view, const struct row *a, const struct row *b)
{
	return columns_compare(a, b, view->sort, view->inverted ? ORDER_INVERTED : ORDER_USUAL);
}

static int compare_lines(const void *a, const void *b, void *context)
{
	const struct line *left = a, *right = b;
	const struct sorting *sorting = context;

	return compare_rows(sorting->view, &sorting->model->rows[left->index],
		&sorting->model->rows[right->index]);
}

static void sort_lines(struct view *view, struct model *model, unsigned first)
{
	struct sorting sorting = { view, model };

	if (view->listing.count > first)
		qsort_r(view->listing.lines + first, view->listing.count - first,
			sizeof(struct line), compare_lines, &sorting);
}

static void list_flat(struct view *view, struct model *model)
{
	for (unsigned i = 0; i < model->n_rows; i++)
		if (shown(view, &model->rows[i]) == SHOWN)
			add_line(&view->listing, (struct line){ .index = i });
	sort_lines(view, model, 0);
}

/* Sessions by their best process: the one that sorting would put first. */
static const struct row *best_of(
	const struct view *view, const struct model *model, const struct session_row *session)
{
	const struct row *best = NULL;

	for (unsigned i = session->first; i < session->first + session->count; i++) {
		const struct row *row = &model->rows[i];

		if (shown(view, row) == SHOWN && (!best || compare_rows(view, row, best) < 0))
			best = row;
	}
	return best;
}

static int compare_sessions(const void *a, const void *b, void *context)
{
	const struct sorting *sorting = context;
	const struct session_row *sessions = sorting->model->sessions;

	return compare_rows(sorting->view,
		best_of(sorting->view, sorting->model, &sessions[*(const unsigned *)a]),
		best_of(sorting->view, sorting->model, &sessions[*(const unsigned *)b]));
}

static bool is_parent(const struct row *parent, const struct row *child)
{
	return parent != child && child->process->parent == parent->process->pid &&
	       parent->process->started_ns <= child->process->started_ns;
}

/* The parent among the lines of the session that are shown, from `first` on; -1: none. */
static int parent_line(
	const struct listing *lines, const struct model *model, const struct row *child)
{
	for (unsigned i = 0; i < lines->count; i++)
		if (is_parent(&model->rows[lines->lines[i].index], child))
			return (int)i;
	return -1;
}

/* Adds those of `lines` whose parent is `parent`, each with its own ones below it. */
static void add_children(struct view *view, const struct model *model, const struct listing *lines,
	const int *parents, int parent, unsigned depth)
{
	unsigned last = view->listing.count;
	bool any = false;

	/* A wrong segment may say anything about parents, but no chain is longer than the list. */
	if (depth > lines->count + 1)
		return;
	for (unsigned i = 0; i < lines->count; i++) {
		if (parents[i] != parent)
			continue;
		last = view->listing.count;
		any = true;
		add_line(&view->listing,
			(struct line){ .index = lines->lines[i].index, .depth = depth });
		add_children(view, model, lines, parents, (int)i, depth + 1);
	}
	if (any && last < view->listing.count)
		view->listing.lines[last].last = true;
}

/* Who is its own ancestor is a child of the session. */
static void break_circles(int *parents, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int at = parents[i];

		for (unsigned steps = 0; at >= 0 && steps <= count; steps++)
			at = parents[at];
		if (at >= 0)
			parents[i] = -1;
	}
}

static void list_session(struct view *view, struct model *model, unsigned index)
{
	const struct session_row *session = &model->sessions[index];
	struct listing flat = view->listing, lines = { 0 };
	int *parents = malloc((session->count + 1u) * sizeof(*parents));

	add_line(&view->listing, (struct line){ .session = true, .index = index });
	/* Sorted at the end of the listing first, then taken out again. */
	flat.count = view->listing.count;
	for (unsigned i = session->first; i < session->first + session->count; i++)
		if (shown(view, &model->rows[i]) == SHOWN)
			add_line(&view->listing, (struct line){ .index = i });
	sort_lines(view, model, flat.count);
	lines.count = view->listing.count - flat.count;
	lines.lines = malloc((lines.count + 1u) * sizeof(*lines.lines));
	if (parents && lines.lines) {
		memcpy(lines.lines, view->listing.lines + flat.count,
			lines.count * sizeof(*lines.lines));
		view->listing.count = flat.count;
		for (unsigned i = 0; i < lines.count; i++)
			parents[i] = parent_line(&lines, model, &model->rows[lines.lines[i].index]);
		break_circles(parents, lines.count);
		add_children(view, model, &lines, parents, -1, 1);
	}
	free(lines.lines);
	free(parents);
}

/* A session of no job, or at its first session a job with all of them. */
static void list_with_job(
	struct view *view, struct model *model, const unsigned *order, unsigned count, unsigned at)
{
	const struct session_row *session = &model->sessions[order[at]];

	if (!session->job) {
		list_session(view, model, order[at]);
		return;
	}
	for (unsigned i = 0; i < at; i++)
		if (model_same_job(&model->sessions[order[i]], session))
			return;
	add_line(&view->listing, (struct line){ .job = true, .index = order[at] });
	for (unsigned i = at; i < count; i++)
		if (i == at || model_same_job(&model->sessions[order[i]], session))
			list_session(view, model, order[i]);
}

static void list_tree(struct view *view, struct model *model)
{
	unsigned *order = malloc((model->n_sessions + 1u) * sizeof(*order)), count = 0;
	struct sorting sorting = { view, model };

	if (!order)
		return;
	for (unsigned i = 0; i < model->n_sessions; i++)
		if (best_of(view, model, &model->sessions[i]))
			order[count++] = i;
	if (count)
		qsort_r(order, count, sizeof(*order), compare_sessions, &sorting);
	for (unsigned i = 0; i < count; i++)
		list_with_job(view, model, order, count, i);
	free(order);
}

static void restore_selection(struct view *view, const struct model *model)
{
	bool stick = view->follow || view->mode != MODE_TABLE;

	for (unsigned i = 0; stick && view->on.pid && i < view->listing.count; i++) {
		const struct row *row = listing_row(view, model, i);

		if (row && row->process->pid == view->on.pid &&
			row->process->start_ticks == view->on.start_ticks)
			view->selected = i;
	}
	if (view->selected >= view->listing.count)
		view->selected = view->listing.count ? view->listing.count - 1 : 0;
}

void listing_update(struct view *view, struct model *model)
{
	view->listing.count = 0;
	count_hidden(view, model);
	if (view->tree) {
		model_judge_sessions(model);
		list_tree(view, model);
	} else {
		list_flat(view, model);
	}
	restore_selection(view, model);
	if (listing_row(view, model, view->selected))
		model_order(model, listing_row(view, model, view->selected));
}

void listing_select(struct view *view, const struct model *model, unsigned line)
{
	const struct row *row;

	if (line >= view->listing.count)
		line = view->listing.count ? view->listing.count - 1 : 0;
	view->selected = line;
	row = listing_row(view, model, line);
	view->on = row ? (struct followed){ row->process->pid, row->process->start_ticks }
		       : (struct followed){ 0, 0 };
}
