/* SPDX-License-Identifier: MIT */
/*
 * A copy of the library whose observers can be broken one at a time, for test_broken.py. It stands
 * between the observers and hooks_watch() (ld's --wrap) and changes the row of the function that
 * GPUSPY_BROKEN names, NAME:HOW:
 *
 *     without  the function is counted, and nobody looks at it
 *     unasked  what is to be known before the call is not looked at
 */
#include <stdlib.h>
#include <string.h>

#include "../../preload/hooks/hooks.h"

enum { ROWS = 1024 };

void __real_hooks_watch(const struct observer *table);
void __wrap_hooks_watch(const struct observer *table);

static struct observer rows[ROWS];
static unsigned n_rows;

static void look_at_nothing(struct frame *frame)
{
	(void)frame;
}

static void break_row(struct observer *row, const char *how)
{
	if (!strcmp(how, "without"))
		row->name = "(broken)";
	else if (!strcmp(how, "unasked"))
		row->before = look_at_nothing;
	else
		abort();
}

void __wrap_hooks_watch(const struct observer *table)
{
	const char *broken = getenv("GPUSPY_BROKEN"), *colon = broken ? strchr(broken, ':') : NULL;
	const struct observer *copy = &rows[n_rows];

	for (; table->name; table++) {
		if (n_rows + 2 > ROWS)
			abort();
		rows[n_rows] = *table;
		if (colon && strlen(table->name) == (size_t)(colon - broken) &&
			!strncmp(table->name, broken, (size_t)(colon - broken)))
			break_row(&rows[n_rows], colon + 1);
		n_rows++;
	}
	n_rows++; /* the row without a name */
	__real_hooks_watch(copy);
}
