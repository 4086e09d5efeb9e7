/* SPDX-License-Identifier: MIT */
/*
 * A thread's own stack, and a while without signals.
 */
#ifndef GPUSPY_HOOKS_OWN_STACK_H
#define GPUSPY_HOOKS_OWN_STACK_H

#include <signal.h>
#include <stdint.h>

#include "../objects/elf.h"

/*
 * Around what no handler may interrupt that goes on to another stack, whose calls come here too:
 * where areas are changed, and where libc allocates. What was blocked before.
 */
sigset_t signals_block(void);

/* This thread's stack, if it is not known yet (empty); `stack`: a place on the one in use. */
void own_stack_find(struct range *own, uintptr_t stack);

#endif
