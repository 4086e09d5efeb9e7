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
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "../ground/fork.h"
#include "../segment/paths.h"
#include "variables.h"
#include "word.h"

struct session {
	pid_t pid;      /* the process in which the library was loaded; a forked child differs */
	uint64_t began; /* where it was another program before: this one, ground/ticks.h; else 0 */
	bool interpreter; /* R, Python, Julia: what people ask about */
	bool late;        /* loaded by dlopen in a program that was running */
	bool late_in_r;   /* that is or has R: its package did it */
};

extern struct session session;

/*
 * Is this that process, and not a forked child? One in another namespace of processes may have its
 * number, as a child that process 1 of a container makes has; the page of ground/fork.h tells them
 * apart, if it was marked before.
 */
static inline bool session_is_here(void)
{
	return getpid() == session.pid && fork_is_first();
}

/*
 * A forked child: asked before more is, for a shell forks many, and each page that one touches is
 * copied. Who can fork none asks the kernel for nothing, which a filter may have forbidden.
 */
bool session_is_in_child(void);

/*
 * At start: reads the environment and names the session in it. Cheap, for it runs in every sed and
 * uname too. `late`: the program is running already. What it starts from then on is watched too.
 */
void session_begin(bool late);

/* The session's name, worked out when first asked for. */
const char *session_name(void);

/* The session that the variables name and that is not of here: it started this one. NULL: none. */
const char *session_origin(void);

/* PID-TIME-PLACE of the owner that was told and is another user's process; NULL: none. */
const char *session_of_another(void);

/* Word to be left in this session's folder. */
struct word session_word(bool (*write)(const char *folder));

/* The session's folder; false when its path would be too long. */
bool session_folder(char path[PATHS_MAX]);

/* The file name of a new segment of this process image. This and the next one under LOCK_PROCESS.
 */
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

/* May this process make a number or a sum of an ended one (struct segment_header)? */
bool session_may_fold(int32_t fold_by);

/* Is it for this process to report for the session? */
bool session_is_owner(void);

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

/*
 * The variable that tells it to what is started; NULL: this process has not been another program
 * that owned the session. What that one had started before does not have it.
 */
const char *session_variable_of_earlier(void);

/* Would a program find its way into the session, if it were started now? */
bool session_can_be_joined(void);

/* And with these values of GPUSPY_SESSION and GPUSPY_OWNER? NULL: it has none. */
bool session_is_told(const char *given, const char *owner);

#endif
