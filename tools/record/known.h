/* SPDX-License-Identifier: MIT */
/*
 * What a recorder knows of a session: all processes that it ever saw, as they were last seen.
 * Counts of what has gone stay, also when its segment was removed.
 */
#ifndef GPUSPY_RECORD_KNOWN_H
#define GPUSPY_RECORD_KNOWN_H

#include "../top/sample.h"
#include "counts.h"

struct known_device {
	int ordinal;
	bool has_uuid;
	uint8_t uuid[16];
	uint64_t kernels, live_bytes;
};

struct known_process {
	pid_t pid;
	uint64_t start_ticks;
	/* running, exited, killed, ended; "left out": it was too much to read in this look; lost:
	 * its segment is gone, it may run */
	const char *state;
	char *command; /* raw, NULL: unknown */
	struct counts counts;
	uint64_t live_bytes;
	struct known_device *devices;
	unsigned n_devices;
	bool running; /* it is there */
	bool changed; /* since the last sample */
	bool seen;    /* in this one */
	bool fresh;   /* no line has it yet */
};

struct known {
	struct known_process *processes; /* by pid and start */
	unsigned count;
	unsigned left_out; /* segments that were there and too much to read */
};

/* Takes over what a sample of these folders says. -1: no memory. */
int known_update(struct known *known, const struct sample *sample, const struct folders *folders);
void known_free(struct known *known);

struct counts known_totals(const struct known *known);
unsigned known_running(const struct known *known);

/* Of the processes that run: what has ended gave its memory back. */
uint64_t known_live_bytes(const struct known *known);

/* The devices of all processes, one each; the caller frees the list. */
struct known_device *known_devices(const struct known *known, unsigned *count);

#endif
