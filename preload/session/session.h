/*
 * Which session this process belongs to, and whether it is the one that reports.
 *
 * GPUSPY_SESSION says it: PID-START of the process that owns the session, or a name that the user
 * chose. An identity whose process is gone, or is another user's, is ignored. Interpreters and
 * programs that are linked to CUDA set it when it is unset, so that all that they start joins in;
 * other programs have a session of their own when they touch CUDA.
 */
#ifndef GPUSPY_SESSION_SESSION_H
#define GPUSPY_SESSION_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "../segment/paths.h"

enum report_rule { REPORT_AUTO, REPORT_ALWAYS, REPORT_NEVER };

struct session {
	pid_t pid;        /* the process in which the library was loaded; a forked child differs */
	bool interpreter; /* R, Python, Julia: what people ask about */
	enum report_rule rule;
	const char *output; /* GPUSPY_OUTPUT, NULL: standard error */
};

extern struct session session;

/* At start: reads the environment. Cheap, for it runs in every sed and uname too. */
void session_begin(void);

/*
 * Names the session in the environment, so that what this process starts joins in. Only at start:
 * later another thread may be reading the environment.
 */
void session_tell(void);

/* The session's name, worked out when first asked for. */
const char *session_name(void);

/* The session's folder; false when its path would be too long. */
bool session_folder(char path[PATHS_MAX]);

/* The file name of a new segment of this process image. */
void session_segment(char name[PATHS_MAX], unsigned *image, const char *folder);

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

/* Is it for this process to report for the session? */
bool session_is_owner(void);

/*
 * Can there be segments of a session that this process owns, though it has none itself? Asks the
 * kernel for nothing in a process that joined somebody else's session.
 */
bool session_has_segments(void);

#endif
