/* SPDX-License-Identifier: MIT */
/* Making and ending contexts. */
#ifndef SIM_CONTEXT_H
#define SIM_CONTEXT_H

#include "state.h"

struct context *context_new(struct device *device, unsigned flags);
/* Create one and make it current. */
enum cu_status context_create(void **out, unsigned flags, cu_device device);
/* With everything that belongs to it. */
void context_end(struct context *context);
/* Of a green one the primary one, whose code it can launch; else itself. */
const struct context *context_primary(const struct context *context);
/* Who waits for the first waits for the other: it is the same, or a green one of the primary one.
 */
bool context_includes(const struct context *context, const struct context *other);

#endif
