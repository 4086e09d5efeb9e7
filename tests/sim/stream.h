/* SPDX-License-Identifier: MIT */
/* Events, which streams record and wait for. */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include "state.h"

struct event {
	struct object object;
	struct context *context;
	unsigned flags;
	bool recorded;
	unsigned not_ready; /* SIM_NOT_READY: queries still to be answered so */
	uint64_t time_ns;
	struct capture *capture; /* recorded while capturing */
	uint32_t capture_generation;
	struct stream *source;  /* of a capture: the stream it was recorded in */
	struct node_list nodes; /* of a capture: what it stands for */
};

/* The capture an event was recorded in, if that goes on; else NULL. */
struct capture *event_capture(const struct event *event);

#endif
