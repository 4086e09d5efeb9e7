/* SPDX-License-Identifier: MIT */
#include "menus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "settings.h"
#include "signals.h"

static void begin(struct view *view, enum menu_kind kind, const char *title)
{
	view->menu = (struct menu){ .kind = kind, .title = title };
	view->mode = MODE_MENU;
}

static void add(struct menu *menu, const char *label, int value)
{
	if (menu->count >= MENU_MAX)
		return;
	snprintf(menu->items[menu->count].label, sizeof(menu->items[0].label), "%s", label);
	menu->items[menu->count++].value = value;
}

void menus_sort(struct view *view)
{
	begin(view, MENU_SORT, "Sort by");
	for (int i = 0; i < COLUMNS_MAX; i++) {
		if (i == (int)view->sort)
			view->menu.selected = view->menu.count;
		add(&view->menu, column_kinds[i].title, i);
	}
}

void menus_user(struct view *view, const struct model *model)
{
	begin(view, MENU_USER, view->all_users ? "Processes of" : "Others' are not visible");
	add(&view->menu, "all users", -1);
	for (unsigned i = 0; i < model->n_rows; i++) {
		const struct row *row = &model->rows[i];
		bool there = false;

		for (int k = 0; k < view->menu.count; k++)
			there |= view->menu.items[k].value == (int)row->uid;
		if (there)
			continue;
		if (view->one_user && view->user == row->uid)
			view->menu.selected = view->menu.count;
		add(&view->menu, row->user, (int)row->uid);
	}
}

static void fill_setup(struct view *view)
{
	char label[sizeof(view->menu.items[0].label)];

	view->menu.count = 0;
	for (int i = 0; i < SETTINGS_SWITCHES; i++) {
		snprintf(label, sizeof(label), "[%c] %s", *settings_at(view, i) ? 'x' : ' ',
			settings_switches[i].label);
		add(&view->menu, label, i);
	}
	if (view->settings)
		add(&view->menu, "Save these, the order and the delay", SETTINGS_SWITCHES);
}

static void save(struct view *view)
{
	if (settings_write(view, view->settings))
		view_say(view, "%s: %s", view->settings, strerror(errno));
	else
		view_say(view, "saved in %s", view->settings);
}

void menus_setup(struct view *view)
{
	begin(view, MENU_SETUP, "Setup: Enter switches, Esc leaves");
	fill_setup(view);
}

void menus_leave(struct view *view)
{
	if (view->menu.kind == MENU_SIGNAL)
		signals_cancel(view);
	view->mode = MODE_TABLE;
}

void menus_choose(struct view *view)
{
	int value = view->menu.items[view->menu.selected].value;

	view->mode = MODE_TABLE;
	switch (view->menu.kind) {
	case MENU_SORT:
		view->sort = (enum column)value;
		break;
	case MENU_USER:
		/* The first item is everybody. */
		view->one_user = view->menu.selected != 0;
		view->user = (uid_t)value;
		break;
	case MENU_SETUP:
		if (value == SETTINGS_SWITCHES) {
			save(view);
			break;
		}
		*settings_at(view, value) = !*settings_at(view, value);
		view->mode = MODE_MENU;
		fill_setup(view);
		break;
	case MENU_SIGNAL:
		if (!value) {
			signals_cancel(view);
			break;
		}
		view->signal = value;
		view->mode = MODE_CONFIRM;
		break;
	}
}
