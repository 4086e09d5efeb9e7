/* SPDX-License-Identifier: MIT */
/*
 * A process of root's that becomes another user keeps its figures in that user's folder from then
 * on, and those of its forked children.
 *
 * While it is root still, it leaves a mark in the session's own folder, an empty file of root's but
 * for the path: user-UID. What is in that user's folder under the session's name is then read as
 * part of the session, and is said to be what that user could have changed. A folder without a mark
 * may have been made by anybody: it is counted, as a gap, and not read.
 */
#ifndef GPUSPY_SEGMENT_STRANGERS_H
#define GPUSPY_SEGMENT_STRANGERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "../ground/arena.h"

enum { STRANGERS_MAX = 64 }; /* users that a reader of one session looks at */

/* Their numbers, none of them root's. */
struct strangers {
	uid_t users[STRANGERS_MAX];
	unsigned n, left_out;
};

/* A process of the session in `folder` goes on as that user, in the folder `base`. -1: no mark. */
int strangers_mark(const char *folder, uid_t user, const char *base);

/* Is that file a mark? Then its user is among `strangers`. */
bool strangers_note(struct strangers *strangers, const char *file);

/*
 * The session's folder of a user who is marked in `folder`, which is root's, as this process is:
 * the caller's to close. -1 with errno: ENOENT there is none, else it cannot be read.
 */
int strangers_open(int folder, uid_t user, const char *session);

/* Is there more in any of these than folded_is_alone() knows? It reads `folder` anew. */
bool strangers_have_records(int folder, const char *session);

/* An absolute path with %u in it: where each user has sessions. */
extern const char *strangers_folders;

/*
 * The number of other users, but for those marked, that have a session of that name in a folder of
 * their own. 0 of who is not root: `owner`, whose session it is, cannot have become another user
 * then, nor could this process read it. Without malloc, for it is asked at a process's end, too.
 */
unsigned strangers_count(
	const char *session, uid_t owner, const struct strangers *marked, struct arena *arena);

#endif
