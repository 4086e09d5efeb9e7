/* SPDX-License-Identifier: MIT */
/*
 * Which session this process belongs to, and whether it is the one that reports.
 *
 * A session is what one command started. GPUSPY_SESSION says it to all that is started:
 * PID-TIME-PLACE of the process that owns it (segment/alive.h), or a name that the user chose, and
 * then GPUSPY_OWNER has the owner. The owner is the first watched process that finds no such
 * variable, or one of a process that is gone; not an interactive shell and its like, for what is
 * typed there is a command of its own. Nothing but the variable is made until somebody has
 * something to count.
 */
#ifndef GPUSPY_SESSION_SESSION_H
#define GPUSPY_SESSION_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "../segment/paths.h"
#include "variables.h"

struct session {
	pid_t pid;        /* the process in which the library was loaded; a forked child differs */
	bool interpreter; /* R, Python, Julia: what people ask about */
	bool late;        /* loaded by dlopen in a program that was running */
	bool late_in_r;   /* that is or has R: its package did it */
};

extern struct session session;

/*
 * At start: reads the environment and names the session in it. Cheap, for it runs in every sed and
 * uname too. `late`: the program is running already. What it starts from then on is watched too.
 */
void session_begin(bool late);

/* The session's name, worked out when first asked for. */
const char *session_name(void);

/* The session that the variables name and that is not of here: it started this one. NULL: none. */
const char *session_origin(void);

/* The session's folder; false when its path would be too long. */
bool session_folder(char path[PATHS_MAX]);

/* The folder of the sessions of that user, as of a process that became it. */
void session_base_of(uid_t user, char base[PATHS_MAX]);

/* The file name of a new segment of this process image. */
void session_segment(
	char name[PATHS_MAX], unsigned *image, const char *folder, uint64_t start_ticks);

/*
 * Before the first segment of this process image: tidies up if the session is a new one, and says
 * what was wrong with the variables, once in a session.
 */
void session_opens(void);

/* After a segment was made: claims a session that the user named. */
void session_opened(bool in_file);

/* The segment's file was removed by somebody else: a gap, of which the forker is told too. */
void session_lost_file(void);

/*
 * Forked children of this process that had a segment of which `has_record` knows nothing: it was in
 * no file, or its file was removed. 0, or 1 for some.
 */
unsigned session_lost_children(bool (*has_record)(void *context, pid_t pid), void *context);

/*
 * May this process make a number or a sum of an ended one (struct segment_header)? And it has done
 * so with that forked child, whose record nobody is to look for then.
 */
bool session_may_fold(int32_t fold_by);
void session_forget_child(pid_t pid);

/* Is it for this process to report for the session? */
bool session_is_owner(void);

/*
 * Can there be segments of a session that this process owns, though it has none itself? Asks the
 * kernel for nothing where there cannot: a sandbox may kill a process for a question.
 */
bool session_has_segments(void);

/*
 * Is a trace of this interpreter wanted, which may turn out to have nothing to do with CUDA? With
 * GPUSPY_REPORT=never it could not be folded at its end, so one in a session is enough.
 */
bool session_wants_interpreter(void);

/*
 * The site keeps records of jobs, and this process owns a session in one: that it ran is to be
 * known, whatever it does.
 */
bool session_is_for_record(void);

/* Another process has this session: this one may be folded into a number (segment/folded.h). */
bool session_is_member(void);

/* Is this process in a session? Else what it starts is nobody's. */
bool session_joined(void);

/* PID-TIME-PLACE of its owner (segment/paths.h); "": none. */
const char *session_owner(void);

/* Memory that forked children share with this process; NULL: there is none. */
const void *session_shared(void);

/* Would a program find its way into the session, if it were started now? */
bool session_can_be_joined(void);

/* A program was started that the library is not loaded into, and that may use a GPU. */
void session_note_unwatched(void);

/* One that it is loaded into, and that could not find its way into the session. */
void session_note_apart(void);

/* At the start: the session that was told is another user's, whose tools look for word of this. */
void session_tell_another(void);

/* From here on, the session's folder may be another one for this process and what it starts. */
void session_note_hidden(void);

/*
 * Programs that forked children of this process started where the session's owner cannot be told:
 * in other namespaces. A member tells of them at its end.
 */
unsigned session_out_of_sight(void);
void session_tell_out_of_sight(void);

/* Besides one of this process, of which that is known. */
bool session_has_other_segments(void);

#endif
