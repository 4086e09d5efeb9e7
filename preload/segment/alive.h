/* SPDX-License-Identifier: MIT */
/*
 * Who is alive. A process is told apart from all others by where it runs (boot, pid namespace,
 * host), its number and its start time. What runs elsewhere is neither alive nor dead: its number
 * means another process here, or none.
 */
#ifndef GPUSPY_SEGMENT_ALIVE_H
#define GPUSPY_SEGMENT_ALIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "layout.h"

enum alive { ALIVE, ENDED, ELSEWHERE };

/* Where this process runs; what cannot be had stays zero. Some 40 microseconds. */
void alive_here(struct segment_place *here);

/* The same as it was asked last, by this process or, in a forked child, by its parent. */
void alive_asked(struct segment_place *here);

/* The process of a segment. A place that is not known (all zeros) is taken for here. */
enum alive alive_look(pid_t pid, uint64_t start_ticks, const struct segment_place *place);

/* Is it the same boot, host and namespace, or not known? */
bool alive_is_here(const struct segment_place *place);

/*
 * Does the process that owns a session of that name, PID-TIME-PLACE, run here? It began at TIME or
 * before, and what has its number now and began later is another one. A name without a place was
 * given by an older gpuspy, and is believed.
 */
bool alive_owner(const char *session);

/* Is a forked child in another namespace of processes than the one in which that was asked last? */
bool alive_has_moved(void);

/* Are children of the calling thread's going to be in another one than this process is? */
bool alive_children_move(void);

/*
 * Is this process, or the one that forked it, in the first namespace of processes, whose number is
 * always the same (the kernel's include/linux/proc_ns.h)? There alone /proc shows the kernel's
 * threads.
 */
bool alive_in_first_namespace(void);

/*
 * Was that name given where this process runs? In an environment that came from another machine or
 * container it means nothing: there somebody else has its number.
 */
bool alive_named_here(const char *session);

/* PID-TIME-PLACE for a process of here. It has room for SESSION_NAME_MAX. */
void alive_name(char *session, pid_t pid, uint64_t time);

#endif
