/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <stdio.h>
#include <string.h>

#include "layout_parts.h"
#include "listing.h"

/* The lines of the screen: where each part begins and how many it has. */
struct plan {
	int gpus, n_gpus, history, header, rows, n_rows, pane, n_pane, status, keys, bar;
};

static struct plan make_plan(
	const struct screen *screen, const struct model *model, const struct view *view)
{
	int height = screen->height, y = 1, room = (height - 6) / 3;
	struct plan plan = { .keys = -1, .history = -1, .pane = -1 };
	int gpus = (int)model->gpus.count < room ? (int)model->gpus.count : room;

	plan.gpus = y;
	plan.n_gpus = gpus > 0 ? gpus : 0;
	y += plan.n_gpus;
	if (height >= 10)
		plan.history = y++;
	y += height >= 16;
	plan.header = y++;
	plan.rows = y;
	plan.bar = height - 1;
	if (height >= 14)
		plan.keys = height - 2;
	plan.status = plan.keys >= 0 ? height - 3 : height - 2;
	plan.n_rows = plan.status - plan.rows - (height >= 16);
	if (view->side_detail && screen->width >= PANE_WIDTH && height >= PANE_HEIGHT) {
		plan.n_pane = plan.n_rows / 2;
		plan.n_rows -= plan.n_pane + 1;
		plan.pane = plan.rows + plan.n_rows + 1;
	}
	return plan;
}

static void put_bar(struct screen *screen, int y)
{
	static const char *const keys[][2] = { { "F1", "?Help" }, { "F2", "Setup" },
		{ "F3", "/Search" }, { "F4", "\\Filter" }, { "F5", "tTree" }, { "F6", ">Sort" },
		{ "F9", "Signal" }, { "F10", "qQuit" } };
	int x = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		int needed = (int)(strlen(keys[i][0]) + strlen(keys[i][1]));

		/* How to leave is always there. */
		if (i < 7 && x + needed + 1 + 8 > screen->width)
			continue;
		x = screen_put(screen, y, x, screen->width, STYLE_PLAIN, keys[i][0]);
		x = screen_put(screen, y, x, screen->width, STYLE_KEY, keys[i][1]) + 1;
	}
}

static void put_typed(
	struct screen *screen, int y, const char *label, const char *typed, const char *hint)
{
	int x = screen_put(screen, y, 0, screen->width, STYLE_STRONG, label);

	x = screen_put(screen, y, x, screen->width, STYLE_PLAIN, typed);
	x = screen_put(screen, y, x, screen->width, STYLE_SELECTED, " ");
	screen_put(screen, y, x + 2, screen->width, STYLE_DIM, hint);
}

static void put_bottom(struct screen *screen, const struct plan *plan, const struct view *view)
{
	static const char letters[] =
		" Enter detail  t tree  \\ filter  / search  <> sort  u user  e ended  Z pause";

	if (plan->keys >= 0)
		screen_put(screen, plan->keys, 0, screen->width, STYLE_DIM, letters);
	if (view->mode == MODE_SEARCH)
		put_typed(screen, plan->bar, "Search: ", view->typed, "F3 next  Enter done");
	else if (view->mode == MODE_FILTER)
		put_typed(screen, plan->bar, "Filter: ", view->typed, "Enter keep  Esc clear");
	else if (view->mode == MODE_DELAY)
		put_typed(screen, plan->bar, "Seconds between samples (0.1-100): ", view->typed,
			"Enter set  Esc leave");
	else
		put_bar(screen, plan->bar);
}

/* The verdict of the selected line, unless there is something to say. */
static void put_status(
	struct screen *screen, int y, const struct model *model, const struct view *view)
{
	const struct session_row *session = listing_session(view, model, view->selected);
	const struct row *row = listing_row(view, model, view->selected);
	const struct judgement *judgement = row ? &row->judgement : NULL;
	char buffer[1024];
	struct text text = text_in(buffer, sizeof(buffer));

	if (view->message[0]) {
		screen_put(screen, y, 1, screen->width, STYLE_WARNING, view->message);
		return;
	}
	if (row) {
		text_putf(&text, "%d %s%s", (int)row->process->pid,
			row->process->figures.driver.simulated ? "SIMULATED " : "",
			judgement->headline);
	} else if (session && session->judged) {
		judgement = &session->judgement;
		text_putf(&text, "session %s %s", session->name, judgement->headline);
	}
	if (!judgement)
		return;
	text_putf(&text, ": %s (%s)", judgement->summary, judgement->reason);
	screen_put(screen, y, 1, screen->width, STYLE_PLAIN, buffer);
}

static void put_empty(struct screen *screen, const struct plan *plan, const struct model *model,
	const struct view *view)
{
	struct block block = { .screen = screen,
		.x = 2,
		.end = screen->width,
		.y = plan->rows + (plan->n_rows > 6),
		.bottom = plan->rows + plan->n_rows };

	layout_empty(&block, model, view, HINTS_KEYS);
}

/* The first line that is shown, so that the selected one is among them. */
static unsigned first_line(const struct view *view, int rows)
{
	unsigned top = view->top, shown = rows > 0 ? (unsigned)rows : 1;

	if (view->selected < top)
		top = view->selected;
	if (view->selected >= top + shown)
		top = view->selected - shown + 1;
	if (top + shown > view->listing.count)
		top = view->listing.count > shown ? view->listing.count - shown : 0;
	return top;
}

static void put_table(struct screen *screen, const struct plan *plan, const struct model *model,
	const struct view *view, struct places *places)
{
	columns_place(&places->columns, model, screen->width);
	places->header_y = plan->header;
	places->rows_y = plan->rows;
	places->top = first_line(view, plan->n_rows);
	layout_header(screen, plan->header, &places->columns, view->sort);
	for (int i = 0; i < plan->n_rows; i++) {
		if (places->top + (unsigned)i >= view->listing.count)
			break;
		layout_row(screen, plan->rows + i, &places->columns, model, view,
			places->top + (unsigned)i);
		places->rows++;
	}
	if (!view->listing.count)
		put_empty(screen, plan, model, view);
}

/* false: there is no pane, or nothing to show in it. */
static bool put_pane(struct screen *screen, const struct plan *plan, const struct model *model,
	const struct view *view)
{
	const struct session_row *session = listing_session(view, model, view->selected);
	const struct row *row = listing_row(view, model, view->selected);

	if (plan->pane < 0)
		return false;
	if (row)
		detail_pane(screen, plan->pane, plan->n_pane, model, row);
	else if (session)
		detail_session_pane(screen, plan->pane, plan->n_pane, model, session);
	return row || session;
}

/* Less than a table needs: one line about all, then one for each process. */
static void put_tiny(struct screen *screen, const struct model *model, const struct view *view,
	struct places *places)
{
	char buffer[256];
	struct text text = text_in(buffer, sizeof(buffer));

	text_putf(&text, "%u running ", model->running);
	unit_put(&text, UNIT_RATE, model->kernels, UNIT_ANY_WIDTH);
	text_put(&text, " kern/s ");
	unit_put(&text, UNIT_BYTES, (double)model->live_bytes, UNIT_ANY_WIDTH);
	text_putf(&text, " %u ended  q quits", model->ended);
	screen_put(screen, 0, 0, screen->width, STYLE_STRONG,
		view->message[0] ? view->message : buffer);
	places->rows_y = 1;
	places->top = first_line(view, screen->height - 1);
	for (int y = 1; y < screen->height; y++) {
		unsigned line = places->top + (unsigned)y - 1;

		if (line >= view->listing.count)
			break;
		if (listing_row(view, model, line))
			layout_short_row(screen, y, &model->rows[view->listing.lines[line].index]);
		if (line == view->selected && screen->height > 2)
			screen_paint(screen, y, 0, screen->width, STYLE_SELECTED);
		places->rows++;
	}
}

static void put_page(struct screen *screen, const struct model *model, const struct view *view,
	struct places *places)
{
	struct block block = { .screen = screen,
		.end = screen->width,
		.y = 0,
		.bottom = screen->height - 1,
		.skip = view->scroll };
	const struct row *row = listing_row(view, model, view->selected);

	if (view->mode == MODE_HELP)
		help_put(&block);
	else if (row)
		detail_whole(&block, model, row);
	places->detail_lines = block.lines;
	screen_put(screen, screen->height - 1, 0, screen->width, STYLE_KEY,
		"Esc back  Up Down PgUp PgDn scroll");
}

void layout_draw(struct screen *screen, const struct model *model, const struct view *view,
	struct places *places)
{
	struct plan plan = make_plan(screen, model, view);

	*places = (struct places){ .header_y = -1, .top = view->top };
	screen_clear(screen);
	if (view->mode == MODE_HELP || view->mode == MODE_DETAIL) {
		put_page(screen, model, view, places);
	} else if (screen->width < TINY_WIDTH || screen->height < TINY_HEIGHT) {
		put_tiny(screen, model, view, places);
	} else {
		layout_title(screen, 0, model, view);
		layout_gpus(screen, plan.gpus, plan.n_gpus, &model->gpus);
		if (plan.history >= 0)
			layout_plot(screen, (struct plot_place){ plan.history, 0, screen->width },
				model, &model->all, PLOT_KERNELS);
		put_table(screen, &plan, model, view, places);
		/* The pane has the verdict already. */
		if (!put_pane(screen, &plan, model, view) || view->message[0])
			put_status(screen, plan.status, model, view);
		put_bottom(screen, &plan, view);
	}
	if (view->mode == MODE_MENU)
		menu_put(screen, &view->menu);
	if (view->mode == MODE_CONFIRM)
		confirm_put(screen, view);
}
