/* SPDX-License-Identifier: MIT */
/*
 * A record as it was read back: series over the seconds since its first line.
 */
#ifndef GPUSPY_PAGE_TIMELINE_H
#define GPUSPY_PAGE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "series.h"

struct timeline_process {
	pid_t pid;
	uint64_t start_ticks;
	struct series kernels, live;
};

struct timeline_device {
	char *uuid; /* NULL: unknown */
	int ordinal;
	struct series kernels, live;
};

struct timeline_driver { /* a device as the driver sees it */
	char *uuid, *name;
	double total; /* bytes; 0: unknown */
	struct series utilisation, used;
	struct series share, held; /* the same of the session's processes */
};

struct timeline {
	char *session;            /* of which it is a record */
	uint64_t started_ns;      /* CLOCK_MONOTONIC of the first line */
	double seconds;           /* to the last line */
	unsigned samples, broken; /* lines that could not be read */
	bool ended;               /* the last line is there */
	struct series kernels, errors, live, to_device, back, other;
	struct timeline_process *processes; /* as they appeared */
	struct timeline_device *devices;
	struct timeline_driver *drivers;
	unsigned n_processes, n_devices, n_drivers;
};

/*
 * Reads a record; a last line that was cut off is left out. NULL with errno: EINVAL: it is none.
 * `session`: it must be of that one (ESTALE).
 */
struct timeline *timeline_read(const char *file, const char *session);
void timeline_free(struct timeline *timeline); /* NULL is fine */

/* The one that its recorder noted in the session's folder in `base`; NULL: there is none, or it is
 * gone. */
struct timeline *timeline_find(const char *base, const char *session);

/* What the kernels' series says, within the time between two samples; negative: unknown. */
struct timeline_facts {
	double first, last;       /* when kernels ran, in seconds since the record's start */
	double pause, pause_from; /* the longest time between without any */
	double busy;              /* share of the time with kernels, 0 to 1 */
};

struct timeline_facts timeline_facts(const struct timeline *timeline);

/* Is it of all the session's time? It may have begun later, or have broken off. */
struct session_snapshot;
bool timeline_is_whole(const struct timeline *timeline, const struct session_snapshot *session);

/* Puts into the session what its record knows, if there is one. */
void timeline_tell(struct session_snapshot *session, const char *base);

#endif
