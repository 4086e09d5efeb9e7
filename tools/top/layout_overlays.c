/* SPDX-License-Identifier: MIT */
/*
 * What lies over the table for a moment: help, menus, the question before a signal.
 */
#include <stdio.h>
#include <string.h>

#include "layout_parts.h"
#include "signals.h"

static const char *const help_lines[] = {
	"Arrows PgUp PgDn Home End j k   move",
	"Enter    everything about the selected process; Esc or Enter goes back",
	"/ F3     search as you type: the next line that has the text; F3 goes on",
	"\\ F4     filter: only lines with this in command, user, session, job, pid",
	"t F5     tree: jobs, their sessions, and their processes",
	"< > F6   choose the column that sorts;  I  inverts it",
	"P M T N  sort by kernels a second, memory, time, pid",
	"u        one user or all          e  ended processes on and off",
	"Space    tag, U untag all         F  the selection follows its process",
	"Z        pause                    d  seconds between samples",
	"c        the command as it was started, or short",
	"F2       what is shown, and saving that       Ctrl-L  draw anew",
	"F9       send a signal to the tagged processes, or to the selected one",
	"q F10 Ctrl-C   leave              Esc  one step back",
	"Mouse: a click selects, one on a column's name sorts, the wheel scrolls",
	"",
	"Before a pid: + new, - just ended, * tagged.",
	"A rate is what was counted between two samples, by the time between them;",
	"- means that it is not known. Kernels a second is not how busy a device is.",
	"Memory is what the watched processes took, not all that is in use; DRV% and",
	"DRVMEM are the driver's own figures, where it has a library that tells them.",
	"In the first line, unreadable: files that are not as gpuspy makes them; left out:",
	"what was too much of one user's to read; filtered: what the filter hides.",
	"",
};

void help_put(struct block *block)
{
	block_put(block, STYLE_STRONG,
		"gpuspy-top " GPUSPY_VERSION ": what programs do with the GPU");
	block_put(block, STYLE_PLAIN, "");
	for (size_t i = 0; i < sizeof(help_lines) / sizeof(*help_lines); i++)
		block_put(block, STYLE_PLAIN, help_lines[i]);
	for (int i = 0; i < COLUMNS_MAX; i++)
		block_putf(block, STYLE_PLAIN, "%-8s %s", column_kinds[i].title,
			column_kinds[i].meaning);
}

struct box {
	int x, y, width, height;
};

/* A frame in the middle with room for so much, as far as it fits. */
static struct box put_box(struct screen *screen, int width, int height, const char *title)
{
	struct box box;

	box.width = width + 4 < screen->width ? width + 4 : screen->width;
	box.height = height + 2 < screen->height ? height + 2 : screen->height;
	box.x = (screen->width - box.width) / 2;
	box.y = (screen->height - box.height) / 2;
	for (int y = box.y; y < box.y + box.height; y++)
		screen_fill(screen, y, box.x, box.width, STYLE_PLAIN, ' ', ' ');
	screen_fill(screen, box.y, box.x, box.width, STYLE_KEY, ' ', ' ');
	screen_put(screen, box.y, box.x + 1, box.x + box.width, STYLE_KEY, title);
	for (int y = box.y + 1; y < box.y + box.height; y++) {
		bool last = y == box.y + box.height - 1;

		if (last)
			screen_fill(screen, y, box.x, box.width, STYLE_DIM, 0x2500, '-');
		screen_fill(
			screen, y, box.x, 1, STYLE_DIM, last ? 0x2514 : 0x2502, last ? '`' : '|');
		screen_fill(screen, y, box.x + box.width - 1, 1, STYLE_DIM, last ? 0x2518 : 0x2502,
			last ? '\'' : '|');
	}
	return box;
}

void menu_put(struct screen *screen, const struct menu *menu)
{
	int width = (int)strlen(menu->title), rows, top = 0;
	struct box box;

	for (int i = 0; i < menu->count; i++)
		if ((int)strlen(menu->items[i].label) > width)
			width = (int)strlen(menu->items[i].label);
	box = put_box(screen, width, menu->count, menu->title);
	rows = box.height > 2 ? box.height - 2 : 1;
	if (menu->selected >= rows)
		top = menu->selected - rows + 1;
	for (int i = top; i < menu->count && i - top < rows; i++) {
		int y = box.y + (box.height > 1) + i - top;

		screen_put(
			screen, y, box.x + 2, box.x + box.width, STYLE_PLAIN, menu->items[i].label);
		if (i == menu->selected)
			screen_paint(screen, y, box.x + 1, box.x + box.width - 1, STYLE_SELECTED);
	}
}

void confirm_put(struct screen *screen, const struct view *view)
{
	char question[96], whom[64];
	struct box box;

	if (view->n_targets == 1)
		snprintf(whom, sizeof(whom), "process %d", (int)view->targets[0].pid);
	else
		snprintf(whom, sizeof(whom), "%d processes", view->n_targets);
	snprintf(question, sizeof(question), "Send %s to %s?", signals_name(view->signal), whom);
	box = put_box(screen, (int)strlen(question) > 30 ? (int)strlen(question) : 30, 3,
		"Are you sure?");
	screen_put(screen, box.y + 1, box.x + 2, box.x + box.width, STYLE_STRONG, question);
	screen_put(screen, box.y + 3, box.x + 2, box.x + box.width, STYLE_PLAIN,
		"y sends it, any other key not");
}
