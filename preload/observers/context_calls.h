/* SPDX-License-Identifier: MIT */
/*
 * Contexts that are parts of others: the green ones of a device live in its primary context, and
 * who waits for that waits for them, too.
 */
#ifndef GPUSPY_OBSERVERS_CONTEXT_CALLS_H
#define GPUSPY_OBSERVERS_CONTEXT_CALLS_H

#include "contexts.h"

/* The first part after `from` (NULL: the first of all); NULL: no more. */
struct context *context_part(struct context *from, const struct context *context);

/* The context of a green one, NULL: it is not known. */
struct context *context_of_green(const void *green);

#endif
