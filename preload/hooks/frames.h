/* SPDX-License-Identifier: MIT */
/*
 * Frames: calls on their way, each thread's in areas of its own (hooks.S takes and gives them).
 *
 * A frame area is no stack. Calls of coroutines end in another order than they began, or on another
 * thread; longjmp and exceptions leave frames behind. hooks.S gives a frame up only when it is on
 * top, and marks it otherwise; all else is found out here, when a new call finds a frame before it
 * that is not plainly alive. It is passed by then, and taken away only when there are too many: one
 * stack may lie inside another one, or be copied away and back.
 */
#ifndef GPUSPY_HOOKS_FRAMES_H
#define GPUSPY_HOOKS_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "hooks.h"

enum { FRAME_AREA_SIZE = 4096, THREAD_ROOM = 8192 };

/*
 * An area with nothing in it, the first of a thread; NULL: no memory. This and frames_end() under
 * one lock of the caller's.
 */
void *frames_first_area(void);

/* In a child after fork. */
void frames_forget(void);

/* The first frame of an area, and its room (THREAD_ROOM bytes). */
struct frame *frames_first(void *area);
void *frames_room(void *area);

/*
 * A thread ends that had this area, and perhaps older ones: what is left for the next thread, all
 * of its frames free. NULL: calls are on their way in it still, for they went on to another thread.
 */
void *frames_end(void *area);

/*
 * A call was entered with the stack pointer `stack` and found no frame that it may take at once.
 * `next`: where the thread looks for the next free frame; there was one then. `area`: the one that
 * it is in; a signal handler that came between may have set `next` to what it knew before. -1: no
 * memory.
 */
int frames_settle(struct frame **next, void **area, uintptr_t stack);

/* Is a call of this thread on its way, as seen from that place of a stack? */
bool frames_have_call(void *area, uintptr_t stack);

#endif
