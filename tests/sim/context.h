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

#endif
