/* SPDX-License-Identifier: MIT */
/*
 * Observers: what the driver's own calls tell, one file a subject.
 *
 * Each subject has a table of functions that it looks at (struct observer), ended by an entry
 * without a name; table.c lists the subjects. A function is counted whether it is observed or not.
 */
#ifndef GPUSPY_OBSERVERS_OBSERVERS_H
#define GPUSPY_OBSERVERS_OBSERVERS_H

#include <stdbool.h>

#include "../hooks/hooks.h"

/* The subjects' tables, in their files. */
extern const struct observer init_observers[], context_observers[], memory_observers[],
	physical_observers[], array_observers[], copy_observers[], launch_observers[],
	graph_observers[], capture_observers[], module_observers[], sync_observers[],
	stream_observers[];

/* Of functions of the driver that nobody knows. */
extern const struct observer unknown_observer;

/* At start: gives the tables to the hooks. */
void observers_start(void);

/*
 * At the start of one that came late: whether a driver was there already, and how many libraries
 * above it. What they gave out till then is not known.
 */
void observers_come_late(bool driver, unsigned above);

/*
 * At the end: on how many devices the primary context is active, as the driver says. -1: it cannot
 * be asked, as it was not initialised here, has come to its own end, or is at work in this thread.
 */
int observers_contexts(void);

/* In a child after fork: nothing that the parent had is known to its driver. */
void observers_forget(void);

/* Parts of the above, by subject. */
void contexts_forget(void);
void context_calls_forget(void);
void memory_forget(void);
void physical_forget(void);
void kernels_forget(void);
void graphs_forget(void);
void waits_forget(void);
void capture_forget(void);

/* Of what was there before we were. */
void kernels_come_late(void);
void capture_come_late(void);
void init_was_before(void); /* there is a context: the driver has been initialised */

#endif
