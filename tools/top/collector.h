/* SPDX-License-Identifier: MIT */
/*
 * Samples at regular times, taken beside the keys by a thread of its own.
 */
#ifndef GPUSPY_TOP_COLLECTOR_H
#define GPUSPY_TOP_COLLECTOR_H

#include <pthread.h>

#include "sample.h"

struct collector {
	int ready_fd; /* an eventfd: readable when a sample is ready */

	struct sampler *sampler;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	double delay;
	bool paused, stop;
	struct sample *ready, *spent;
};

/* -1: it could not be started. */
int collector_start(struct collector *collector, struct sampler *sampler, double delay);
void collector_stop(struct collector *collector);

/* The newest sample, the caller's until it gives it back; NULL: none is ready. */
struct sample *collector_take(struct collector *collector);
void collector_give_back(struct collector *collector, struct sample *sample);

void collector_set(struct collector *collector, double delay, bool paused);

#endif
