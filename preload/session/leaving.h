/* SPDX-License-Identifier: MIT */
/*
 * A process that leaves its session's folder behind: it becomes another user, or changes its root
 * folder.
 */
#ifndef GPUSPY_SESSION_LEAVING_H
#define GPUSPY_SESSION_LEAVING_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Root's process is going to be another user: those who read the session are told where its figures
 * are from then on. Gives leaving_more_behind().
 */
bool leaving_for_user(uid_t user);

/*
 * Of a session that this process owns: are there records of others, or may some come from children
 * that it has? They are out of its sight once it is another user, or has changed its root folder.
 */
bool leaving_more_behind(void);

/*
 * It is going to have other mounts, or another root folder: what is started then may find nothing
 * of the session's, and this process cannot tell its owner any more, unless it has prepared.
 */
void leaving_prepare(void);
void leaving_prepare_for(unsigned flags); /* of namespaces: if mounts or users are among them */

/*
 * It goes on in namespaces of its own (clone(2)), or a child of it. With other mounts, and another
 * user's or process's numbers, as a sandbox has them, what is started there may find another folder
 * in the place of the session's, and nothing that leads to its owner.
 */
void leaving_for_namespaces(unsigned flags);

/*
 * A file system is going to be mounted or moved there, or taken away from there: would that hide
 * /proc, or the session's folder, from those who use these mounts? Then session_note_hidden() is to
 * follow.
 */
bool leaving_mount_hides(const char *place, unsigned long flags);
bool leaving_move_hides(int folder, const char *place); /* move_mount(2) */
bool leaving_unmount_hides(const char *place);

/* The flags of what setns(2) enters with these. */
unsigned leaving_flags(int fd, int type);

/* That has happened, and there was more, or not. */
enum leaving { LEFT_AS_USER = 1, LEFT_ROOT_FOLDER = 2 };
void leaving_done(enum leaving how, bool more);

/*
 * Are records out of sight for that? Of a system call of the program's own nobody knew before, so
 * there may be some.
 */
bool leaving_left_records(void);

#endif
