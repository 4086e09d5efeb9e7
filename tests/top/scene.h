/* SPDX-License-Identifier: MIT */
/*
 * Samples made up by tests.
 */
#ifndef GPUSPY_TESTS_SCENE_H
#define GPUSPY_TESTS_SCENE_H

#include "layout.h"
#include "listing.h"
#include "model.h"
#include "synthetic.h"

struct scene_process {
	const char *session, *command;
	pid_t pid, parent;
	uint64_t start;
	uid_t uid;
	char run_state;    /* as in struct sampled_process */
	bool exited;       /* said so itself */
	uint64_t launches; /* all on device 0, all confirmed */
	uint64_t memory;
	int devices; /* 0 to 32 */
	bool simulated;
	uint64_t errors;
	bool elsewhere;
	bool all_devices; /* the launches are on each of them */
	uint32_t without; /* these devices, as bits, are not used */
	uint64_t cpu_ticks, host_bytes;
};

/* One second after the one before it: `tick` counts them. */
struct sample *scene_sample(unsigned tick, const struct scene_process *list, unsigned count);

/* The next sample into the model; frees what is no longer needed. */
void scene_update(
	struct model *model, unsigned tick, const struct scene_process *list, unsigned count);

/* All that the model and the view hold. */
void scene_end(struct model *model, struct view *view);

/* The screen of model and view as lines of text, in a buffer of its own. */
const char *scene_draw(struct model *model, struct view *view, int width, int height);
/* The places of the last drawing. */
extern struct places scene_places;

#endif
