/*
 * Stream capture: what is launched into a capturing stream is recorded, and not run.
 */
#ifndef GPUSPY_OBSERVERS_CAPTURE_H
#define GPUSPY_OBSERVERS_CAPTURE_H

#include <stdbool.h>

#include "../hooks/hooks.h"

/* Some capture is on, in whatever thread. Its beginning is a change of generation. */
bool capture_is_on(void);

/*
 * Is the stream, as given to the hooked function, being captured? The driver is asked only while
 * some capture is on.
 */
bool capture_has(const struct hook *hook, void *stream);

/* Observers of capture, in graph_observers. */
void capture_after_begin(struct frame *frame, int status);
void capture_after_end(struct frame *frame, int status);

#endif
