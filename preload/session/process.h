/* SPDX-License-Identifier: MIT */
/*
 * This process and its segment.
 *
 * A process that has nothing to do with CUDA leaves no trace: its segment is made when it first
 * touches something of NVIDIA's (process_touch), or at once in an interpreter, which is what people
 * ask about.
 */
#ifndef GPUSPY_SESSION_PROCESS_H
#define GPUSPY_SESSION_PROCESS_H

#include <stdbool.h>

/*
 * What a forked child must forget of its parent, in this order, when it gets a segment of its own;
 * ended by NULL. Given once, at the start, by those who know the rooms above.
 */
void process_forgets(void (*const *functions)(void));

/* At the start: the variables of which the driver reads the value later. */
void process_begin(void);

/* Makes sure that this process, and not its parent, has a segment. 0, or -1: there is none. */
int process_touch(void);

/*
 * The same for what nobody asks about: a launcher, or the first process of a job of which a record
 * is kept. Such a process is quiet as long as it had nothing to do with CUDA: that it has a segment
 * is no reason to report.
 */
int process_touch_quietly(void);

/* The same, of the session's owner, at its end: it began before all others. */
int process_touch_as_oldest(void);
bool process_is_quiet(void);

/*
 * At the end of a process of somebody else's session: if it had nothing to do with CUDA, it becomes
 * a number (segment/folded.h) and its segment goes. False: it stays.
 */
bool process_fold(void);

/* Something failed: notes the kernel's side of the driver (session/access.h), once. */
void process_note_access(void);

/* The driver is about to read CUDA_VISIBLE_DEVICES. */
void process_note_visible(void);

#endif
