/* SPDX-License-Identifier: MIT */
/*
 * Contexts: which one a thread's calls go to, and on which device.
 *
 * A driver gives a handle out again inside the very call that ends what it stood for, so another
 * thread can have it before that call has come back. A context is therefore known by its handle and
 * by the driver's own number of it (cuCtxGetId, CUDA 12), which is never used twice; and it is
 * ENDING from before the call until it is known how the call went.
 */
#ifndef GPUSPY_OBSERVERS_CONTEXTS_H
#define GPUSPY_OBSERVERS_CONTEXTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lanes.h"

enum context_state {
	CONTEXT_FREE, /* its rows can serve the next one on the same device */
	CONTEXT_ALIVE,
	CONTEXT_ENDING, /* a call that may end it is on its way */
	CONTEXT_CLOSING /* it has ended, and those who must know are being told */
};

struct context {
	void *handle;
	uint64_t id;   /* the driver's number of it, 0: not known */
	int device;    /* -1: unknown */
	uint32_t row;  /* the first of its CONTEXT_ROWS rows */
	uint32_t life; /* which one this is, of all that there were */
	uint32_t uses; /* cuCtxDetach or a primary context's release ends it at the last one */
	uint8_t state;
	bool primary;      /* the device's own (cuDevicePrimaryCtxRetain) */
	bool common;       /* stands for all of a device that found no place of their own */
	const void *green; /* the green context that it ends with */
	struct lane lane;  /* of the legacy default stream, and behind it those of the others */
};

/* Who is to be told of contexts' ends; each may be NULL. A list that ends with an empty one. */
struct context_listener {
	void (*ends)(const struct context *context);     /* before the call that may end it */
	void (*lives_on)(const struct context *context); /* the call did not */
	void (*ended)(const struct context *context);
};
void contexts_tell(const struct context_listener *listeners);

/*
 * The calling thread's current context; the driver is asked once, and again after a change. A
 * context of device -1 stands for "none that we know of". NULL: no rows are left.
 */
struct context *context_current(void);

/*
 * Does it stand for contexts that another thread had ended when a call in them had come back? What
 * was allocated there is gone.
 */
bool context_ended_meanwhile(const struct context *context);

/* Is it still the one of that `life`, and not ended? */
bool context_lives(const struct context *context, uint32_t life);

/* The thread's current context is another now: to be asked for when it is needed. */
void context_changed(void);

/* The program made this one current. */
void context_is_current(void *handle);

/* The context of that handle, NULL: not known. */
struct context *context_of(const void *handle);

/*
 * The context of a handle that the driver has given just now. If it is not known yet, it is on that
 * device. NULL: no rows are left.
 */
struct context *context_given(void *handle, int device);

/*
 * Around a call that may end it. The place can be another context's when the call is done: who came
 * after `newest`, what contexts_newest() was before, is left alone.
 */
void context_ends(struct context *context);
void context_lives_on(struct context *context, uint32_t newest);
void context_ended(struct context *context, uint32_t newest);
uint32_t contexts_newest(void);

/* The first context for which `is` is true from `from` on (NULL: from the beginning); NULL: none.
 */
struct context *context_next(struct context *from,
	bool (*is)(const struct context *context, const void *what), const void *what);

/* The number of a context, for memory that ends with it. */
unsigned context_number(const struct context *context);

#endif
