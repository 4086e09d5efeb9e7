/* SPDX-License-Identifier: MIT */
/*
 * Evidence: whether a call that has a frame is over, by the frame, its place and its stack.
 *
 * On one stack, what is below a new call is gone, by its place. Of other stacks only the memory can
 * tell. Both are asked only when frames become scarce: till then all are taken to be alive.
 */
#ifndef GPUSPY_HOOKS_EVIDENCE_H
#define GPUSPY_HOOKS_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "../objects/elf.h"
#include "hooks.h"

/*
 * A frame's stack pointer when it has none; hooks.S knows them. A frame is taken by one instruction
 * that clears bit 62, which nothing else has set: done to one that is not free it changes nothing.
 */
#define FRAME_FREE     UINTPTR_MAX
#define FRAME_TAKEN    (FRAME_FREE & ~((uintptr_t)1 << 62)) /* and not written yet */
#define FRAME_GIVEN_UP ((uintptr_t)1)
#define FRAME_END      ((uintptr_t)2)
/*
 * Added to the stack pointer of one that later calls have passed by, on this stack or another: it
 * is above all stacks then, as one that is free or just taken, and they need not come here for it.
 */
#define FRAME_PASSED ((uintptr_t)1 << 63)

/* Where on a stack a call began that has a frame. */
static inline uintptr_t frame_place(const struct frame *frame)
{
	return frame->stack & ~FRAME_PASSED;
}

/* Is it nobody's, or gone by its place, as seen from a call that begins at `stack`; `own`: the
 * thread's stack. */
bool frame_is_dead(const struct frame *frame, uintptr_t stack, const struct range *own);

/* Does what is left of its stack say that it is on its way? `first`: the first of its area. */
bool frame_is_on_its_way(const struct frame *frame, const struct frame *first);

#endif
