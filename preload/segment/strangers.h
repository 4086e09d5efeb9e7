/* SPDX-License-Identifier: MIT */
/*
 * A process that becomes another user keeps its figures in that user's folder, and who reports for
 * the session, root, finds nothing of it in its own. So root looks whether others' folders have a
 * session of that name. Those figures are not added up: whoever owns the folder may have made them.
 */
#ifndef GPUSPY_SEGMENT_STRANGERS_H
#define GPUSPY_SEGMENT_STRANGERS_H

#include <sys/types.h>

#include "../ground/arena.h"

/*
 * The number of other users that have a session of that name in a folder of their own. 0 of who is
 * not root: `owner`, whose session it is, cannot have become another user then, nor could this
 * process read it. Without malloc, for it is
 * asked at a process's end, too.
 */
unsigned strangers_count(const char *session, uid_t owner, struct arena *arena);

#endif
