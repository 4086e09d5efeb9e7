/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "menus.h"
#include "options.h"
#include "screen.h"
#include "signals.h"

static const unsigned wheel_lines = 3;

/* ---- Moving. */

static unsigned moved(unsigned at, unsigned last, unsigned page, uint32_t key)
{
	switch (key) {
	case PRESS_UP:
	case 'k':
		return at ? at - 1 : 0;
	case PRESS_DOWN:
	case 'j':
		return at < last ? at + 1 : last;
	case PRESS_PAGE_UP:
		return at > page ? at - page : 0;
	case PRESS_PAGE_DOWN:
		return last - at > page ? at + page : last;
	case PRESS_WHEEL_UP:
		return at > wheel_lines ? at - wheel_lines : 0;
	case PRESS_WHEEL_DOWN:
		return last - at > wheel_lines ? at + wheel_lines : last;
	case PRESS_HOME:
		return 0;
	case PRESS_END:
		return last;
	default:
		return at;
	}
}

static bool moves(uint32_t key)
{
	return key == 'j' || key == 'k' || (key >= PRESS_UP && key <= PRESS_END) ||
	       key == PRESS_WHEEL_UP || key == PRESS_WHEEL_DOWN;
}

static void move_selection(
	struct view *view, const struct model *model, const struct places *places, uint32_t key)
{
	unsigned last = view->listing.count ? view->listing.count - 1 : 0;
	unsigned page = places->rows > 1 ? (unsigned)places->rows - 1 : 1;

	listing_select(view, model, moved(view->selected, last, page, key));
}

/* ---- Typing. */

static bool typed_into(struct view *view, uint32_t key)
{
	size_t length = strlen(view->typed);
	char bytes[5];

	if (key == PRESS_BACKSPACE) {
		/* A whole character, whose later bytes all begin with the bits 10. */
		while (length && (view->typed[--length] & 0xc0) == 0x80)
			continue;
		view->typed[length] = 0;
		return true;
	}
	if (key < 0x20 || key == 0x7f || key >= PRESS_SPECIAL)
		return false;
	if (length + screen_encode(key, bytes) < sizeof(view->typed))
		strcat(view->typed, bytes);
	return true;
}

/* The next line after `from` (and round) that has the text. */
static void search_from(struct view *view, const struct model *model, unsigned from)
{
	for (unsigned i = 0; i < view->listing.count; i++) {
		unsigned line = (from + i) % view->listing.count;
		const struct row *row = listing_row(view, model, line);

		if (row && listing_matches(row, view->search)) {
			listing_select(view, model, line);
			return;
		}
	}
	if (view->search[0])
		view_say(view, "no line has \"%s\"", view->search);
}

static void handle_search(struct view *view, const struct model *model, uint32_t key)
{
	if (key == PRESS_ENTER || key == PRESS_ESCAPE) {
		view->mode = MODE_TABLE;
	} else if (key == PRESS_F0 + 3) {
		search_from(view, model, view->selected + 1);
	} else if (typed_into(view, key)) {
		strcpy(view->search, view->typed);
		search_from(view, model, view->selected);
	}
}

static void handle_filter(struct view *view, uint32_t key)
{
	if (key == PRESS_ENTER) {
		view->mode = MODE_TABLE;
	} else if (key == PRESS_ESCAPE) {
		view->filter[0] = 0;
		view->mode = MODE_TABLE;
	} else if (typed_into(view, key)) {
		strcpy(view->filter, view->typed);
	}
}

static void handle_delay(struct view *view, uint32_t key)
{
	double delay;

	if (key == PRESS_ESCAPE) {
		view->mode = MODE_TABLE;
	} else if (key == PRESS_ENTER) {
		view->mode = MODE_TABLE;
		if (options_read_delay(view->typed, &delay))
			view->delay = delay;
		else if (view->typed[0])
			view_say(view, "seconds are from 0.1 to 100");
	} else {
		typed_into(view, key);
	}
}

static void begin_typing(struct view *view, enum mode mode, const char *text)
{
	strcpy(view->typed, text);
	view->mode = mode;
}

/* ---- Pages and menus. */

static void handle_page(struct view *view, const struct places *places, uint32_t key)
{
	unsigned page = 10;

	if (moves(key)) {
		view->scroll = moved(view->scroll,
			places->detail_lines ? places->detail_lines - 1 : 0, page, key);
	} else if (key == PRESS_ESCAPE || key == PRESS_ENTER || key == 'q' ||
		   key == PRESS_F0 + 10 || (view->mode == MODE_HELP && key != PRESS_CLICK)) {
		view->mode = MODE_TABLE;
	}
}

static void handle_menu(struct view *view, uint32_t key)
{
	if (moves(key) && view->menu.count)
		view->menu.selected = (int)moved(
			(unsigned)view->menu.selected, (unsigned)view->menu.count - 1, 8, key);
	else if (key == PRESS_ENTER || key == ' ')
		menus_choose(view);
	else if (key == PRESS_ESCAPE || key == 'q' || key == PRESS_F0 + 10)
		menus_leave(view);
}

static void handle_confirm(struct view *view, uint32_t key)
{
	view->mode = MODE_TABLE;
	if (key == 'y' || key == 'Y')
		signals_send(view);
	else
		signals_cancel(view);
}

/* ---- The table. */

static void act_enter(struct view *view, struct model *model)
{
	if (!listing_row(view, model, view->selected))
		return;
	listing_select(view, model, view->selected); /* the page stays with this process */
	view->scroll = 0;
	view->mode = MODE_DETAIL;
}

static void act_help(struct view *view, struct model *model)
{
	(void)model;
	view->scroll = 0;
	view->mode = MODE_HELP;
}

static void act_search(struct view *view, struct model *model)
{
	(void)model;
	begin_typing(view, MODE_SEARCH, "");
}

static void act_filter(struct view *view, struct model *model)
{
	(void)model;
	begin_typing(view, MODE_FILTER, view->filter);
}

static void act_delay(struct view *view, struct model *model)
{
	(void)model;
	begin_typing(view, MODE_DELAY, "");
}

static void act_sort_menu(struct view *view, struct model *model)
{
	(void)model;
	menus_sort(view);
}

static void act_setup(struct view *view, struct model *model)
{
	(void)model;
	menus_setup(view);
}

static void act_user(struct view *view, struct model *model)
{
	menus_user(view, model);
}

static void act_signal(struct view *view, struct model *model)
{
	signals_menu(view, model);
}

static void act_quit(struct view *view, struct model *model)
{
	(void)model;
	view->quit = true;
}

/* One step back: what narrows the view goes; it never leaves. */
static void act_escape(struct view *view, struct model *model)
{
	(void)model;
	if (view->message[0])
		view->message[0] = 0;
	else
		view->filter[0] = 0;
}

static void act_follow(struct view *view, struct model *model)
{
	(void)model;
	view->follow = !view->follow;
	view_say(view, view->follow ? "the selection follows its process"
				    : "the selection stays in its line");
}

static void act_redraw(struct view *view, struct model *model)
{
	(void)model;
	view->redraw = true;
}

static void act_tag(struct view *view, struct model *model)
{
	const struct row *row = listing_row(view, model, view->selected);

	if (row)
		model->rows[row - model->rows].tagged = !row->tagged;
	listing_select(view, model, view->selected + 1);
}

static void act_untag(struct view *view, struct model *model)
{
	(void)view;
	for (unsigned i = 0; i < model->n_rows; i++)
		model->rows[i].tagged = false;
}

static const struct {
	uint32_t key, other; /* other: 0: none */
	void (*act)(struct view *view, struct model *model);
} actions[] = {
	{ PRESS_ENTER, 0, act_enter },
	{ '?', 'h', act_help },
	{ PRESS_F0 + 1, 0, act_help },
	{ PRESS_F0 + 2, 0, act_setup },
	{ '/', PRESS_F0 + 3, act_search },
	{ '\\', PRESS_F0 + 4, act_filter },
	{ '<', '>', act_sort_menu },
	{ PRESS_F0 + 6, 0, act_sort_menu },
	{ PRESS_F0 + 9, 0, act_signal },
	{ 'q', PRESS_F0 + 10, act_quit },
	{ PRESS_ESCAPE, 0, act_escape },
	{ 'u', 0, act_user },
	{ ' ', 0, act_tag },
	{ 'U', 0, act_untag },
	{ 'F', 0, act_follow },
	{ 'd', 0, act_delay },
	{ 'L' - 0x40, 0, act_redraw },
};

/* Keys that switch something on and off. */
static const struct {
	uint32_t key, other;
	size_t offset; /* of a bool in the view */
} switches[] = {
	{ 't', PRESS_F0 + 5, offsetof(struct view, tree) },
	{ 'e', 0, offsetof(struct view, show_ended) },
	{ 'c', 0, offsetof(struct view, full_command) },
	{ 'I', 0, offsetof(struct view, inverted) },
	{ 'Z', 0, offsetof(struct view, paused) },
};

static const struct {
	uint32_t key;
	enum column column;
} sorting[] = { { 'P', COLUMN_RATE }, { 'M', COLUMN_MEM }, { 'T', COLUMN_TIME },
	{ 'N', COLUMN_PID } };

static void click(
	struct view *view, const struct model *model, const struct places *places, int x, int y)
{
	if (y == places->header_y) {
		for (int i = 0; i < places->columns.count; i++) {
			const struct column_place *place = &places->columns.places[i];

			if (x < place->x || x > place->x + place->width)
				continue;
			/* The second click on a name turns the order round. */
			view->inverted = view->sort == place->column && !view->inverted;
			view->sort = place->column;
		}
	} else if (y >= places->rows_y && y < places->rows_y + places->rows) {
		listing_select(view, model, places->top + (unsigned)(y - places->rows_y));
	}
}

static bool is_key(uint32_t one, uint32_t other, uint32_t pressed)
{
	return pressed == one || (other && pressed == other);
}

static void handle_table(
	struct view *view, struct model *model, const struct places *places, struct input input)
{
	/* What a key opens is about the process that stands in the line now. */
	if (!view->follow)
		listing_select(view, model, view->selected);
	if (moves(input.key)) {
		move_selection(view, model, places, input.key);
		return;
	}
	if (input.key == PRESS_CLICK) {
		click(view, model, places, input.x, input.y);
		return;
	}
	for (size_t i = 0; i < sizeof(sorting) / sizeof(*sorting); i++)
		if (sorting[i].key == input.key)
			view->sort = sorting[i].column;
	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		bool *at = (bool *)((char *)view + switches[i].offset);

		if (is_key(switches[i].key, switches[i].other, input.key))
			*at = !*at;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (is_key(actions[i].key, actions[i].other, input.key))
			actions[i].act(view, model);
}

void keys_handle(
	struct view *view, struct model *model, const struct places *places, struct input input)
{
	switch (view->mode) {
	case MODE_TABLE:
		handle_table(view, model, places, input);
		break;
	case MODE_DETAIL:
	case MODE_HELP:
		handle_page(view, places, input.key);
		break;
	case MODE_SEARCH:
		handle_search(view, model, input.key);
		break;
	case MODE_FILTER:
		handle_filter(view, input.key);
		break;
	case MODE_DELAY:
		handle_delay(view, input.key);
		break;
	case MODE_MENU:
		handle_menu(view, input.key);
		break;
	case MODE_CONFIRM:
		handle_confirm(view, input.key);
		break;
	}
}
