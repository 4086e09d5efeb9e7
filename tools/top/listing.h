/* SPDX-License-Identifier: MIT */
/*
 * Which lines the table has: filtered, sorted, as a list or as a tree.
 */
#ifndef GPUSPY_TOP_LISTING_H
#define GPUSPY_TOP_LISTING_H

#include "view.h"

/* Makes the listing anew, and keeps the selection within it (on its process, if it follows). */
void listing_update(struct view *view, struct model *model);

/* The process of a line; of a session's line NULL. Also NULL when there is no such line. */
const struct row *listing_row(const struct view *view, const struct model *model, unsigned line);

/* The session of a line that is one; else NULL. */
const struct session_row *listing_session(
	const struct view *view, const struct model *model, unsigned line);

/* Does the text occur in the row's command, user, session or pid, in any case? */
bool listing_matches(const struct row *row, const char *text);

/* Selects a line and remembers its process. */
void listing_select(struct view *view, const struct model *model, unsigned line);

#endif
