/* SPDX-License-Identifier: MIT */
/*
 * What forked children of this process, and theirs, tell it, in memory that all of them share: who
 * of them made a segment, and whether one of those is in no file. In this process and before
 * children_share() nothing is told.
 */
#ifndef GPUSPY_SESSION_CHILDREN_H
#define GPUSPY_SESSION_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

/* At the start of a program that can have some. Without memory nothing is known of them. */
void children_share(void);

/* That memory; NULL: there is none. */
const void *children_shared(void);

/* A child has a segment, in a file or not, or has lost its file. */
void children_tell(bool in_file);
void children_tell_lost(void);

/* Of one that ended the record is a part of a sum by now: nobody is to look for it. */
void children_forget(pid_t pid);

/*
 * A child that is in another namespace of processes starts a program. False: it is in none, or the
 * forker has looked for the last time, perhaps, and has to be told otherwise.
 */
bool children_note_out_of_sight(void);

/*
 * The same of one that may not ask the kernel for anything, nor whether it is a child. No system
 * call.
 */
void children_note_filtered(void);

bool children_have_segments(void);

/*
 * Those that had a segment of which `has_record` knows nothing: it was in no file, or its file was
 * removed. 0, or 1 for some. In a child 0.
 */
unsigned children_lost(bool (*has_record)(void *context, pid_t pid), void *context);

/*
 * Such programs of all children: the session's owner cannot be told of them where they are. From
 * now on children_note_out_of_sight() says false.
 */
unsigned children_out_of_sight(void);

#endif
