/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <math.h>
#include <stdlib.h>

static unsigned place_of(const struct timeline *timeline, unsigned back)
{
	return (timeline->end + HISTORY_MAX - 1 - back % HISTORY_MAX) % HISTORY_MAX;
}

void timeline_add(struct timeline *timeline, uint64_t now)
{
	timeline->times[timeline->end] = now;
	timeline->end = (timeline->end + 1) % HISTORY_MAX;
	if (timeline->count < HISTORY_MAX)
		timeline->count++;
}

struct history *history_new(void)
{
	struct history *history = malloc(sizeof(*history));

	for (int plot = 0; history && plot < PLOTS; plot++)
		for (int i = 0; i < HISTORY_MAX; i++)
			history->values[plot][i] = NAN;
	return history;
}

void history_add(
	struct history *history, const struct timeline *timeline, enum plot plot, double value)
{
	history->values[plot][place_of(timeline, 0)] = (float)value;
}

double history_at(const struct history *history, const struct timeline *timeline, enum plot plot,
	unsigned back)
{
	return (double)history->values[plot][place_of(timeline, back)];
}

uint64_t timeline_at(const struct timeline *timeline, unsigned back)
{
	return timeline->times[place_of(timeline, back)];
}
