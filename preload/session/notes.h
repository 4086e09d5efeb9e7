/* SPDX-License-Identifier: MIT */
/*
 * What a process tells those who read its session, of others that have no record in it: in the
 * page of `gpuspy run` (run_page.h), to who forked it (children.h), or as a word in the session's
 * folder (word.h). All leave errno as it is.
 */
#ifndef GPUSPY_SESSION_NOTES_H
#define GPUSPY_SESSION_NOTES_H

/* A program was started that the library is not loaded into, and that may use a GPU. */
void session_note_unwatched(void);

/* One that it is loaded into, and that could not find its way into the session. */
void session_note_apart(void);

/*
 * A program is started behind a filter of system calls that would kill it for being watched. Says
 * so in memory alone.
 */
void session_note_filtered(void);

/* At the start: the session that was told is another user's, whose tools look for word of this. */
void session_tell_another(void);

/* From here on, the session's folder may be another one for this process and what it starts. */
void session_note_hidden(void);

/* At its end a member tells of what its forked children started in other namespaces. */
void session_tell_out_of_sight(void);

#endif
