/* SPDX-License-Identifier: MIT */
/*
 * The mark in a session's folder that says that its record was made: the file "collected" with the
 * number of segments that there were. A session that has more by now is collected again.
 */
#ifndef GPUSPY_COLLECT_MARK_H
#define GPUSPY_COLLECT_MARK_H

#include <stdbool.h>

/*
 * A number that grows with what is in the folder: files of processes, segments and marks of lost
 * ones, and what was added to the sum of those that ended. 0: nothing. The folder's place is kept.
 */
unsigned mark_count(int folder);

bool mark_is_there(int folder, unsigned segments);

/* Nothing is followed and nothing that is there is written to: the folder is a stranger's. */
int mark_make(int folder, unsigned segments);

#endif
