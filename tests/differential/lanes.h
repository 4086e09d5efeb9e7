/* SPDX-License-Identifier: MIT */
/*
 * What was put into the streams of a context, and what a call that waits confirms of it.
 */
#ifndef DIFFERENTIAL_LANES_H
#define DIFFERENTIAL_LANES_H

#include "world.h"

/*
 * A stream that is in no view was made for one kernel, and waits for nobody. NULL: it is not
 * followed.
 */
struct lane *lane_of(struct view *view, const void *stream, bool twin);

/* Adds what is done when all is done that was put into the stream, or into the context's. */
void stream_past(struct past *past, struct view *view, void *stream, bool twin);
/* Who waits for the primary context waits for the green ones of its device. */
void context_past(struct past *past, struct context *context);

void past_add_all(struct past *past, const struct past *other);
void past_confirm(const struct past *past);
void past_clear(struct past *past);

/* All of the context is done; it is gone with all that was in it. */
void context_confirm(struct context *context);
void context_gone(struct context *context);

/* contexts.c: one that is alive, current or not; NULL: none was found. */
struct view *any_view(void);

/* streams.c: it was destroyed. */
void stream_gone(struct view *view, unsigned i);

#endif
