/* SPDX-License-Identifier: MIT */
/*
 * Names: where segments live and how processes and sessions are told apart.
 *
 *     GPUSPY_DIR/SESSION/PID-START-N.seg      GPUSPY_DIR defaults to /dev/shm/gpuspy-UID
 *
 * A session is named PID-START-PLACE after the process that started it (START: field 22 of
 * /proc/PID/stat, proc(5), clock ticks since boot; PLACE: eight hexadecimal digits for where its
 * number means something, segment/alive.h), or as the user said in GPUSPY_SESSION.
 */
#ifndef GPUSPY_SEGMENT_PATHS_H
#define GPUSPY_SEGMENT_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	PATHS_MAX = 1024,      /* bytes of a path, with its 0 */
	SESSION_NAME_MAX = 65, /* with its 0 */
};

/*
 * The folder of all sessions into `path`; -1: it is not absolute, or too long. `environment`:
 * GPUSPY_DIR's value or NULL. However it is spelled ("/a/", "//a", "/./a"), it is "/a".
 */
int paths_base(char path[PATHS_MAX], const char *environment);

/* Is that the same folder, by its spelling? `base` is what paths_base() made. */
bool paths_are_same(const char *path, const char *base);

/*
 * Names with a user's number in them: of the folder of all his sessions, and of the file that says
 * of a session that a process of it became that user (strangers.h).
 */
#define PATHS_USER_START  "gpuspy-"
#define PATHS_USER_FOLDER PATHS_USER_START "%u"
#define PATHS_USER_MARK   "user-%u"

/* The user in such a name; 0, who is root: it is not such a one. */
uid_t paths_user(const char *format, const char *name);

/* The folder of that user's sessions, where nothing else is said. */
void paths_of_user(char path[PATHS_MAX], uid_t user);

/* A name that a user may give a session: 1-64 of A-Z a-z 0-9 . _ - and no leading dot. */
bool paths_session_valid(const char *name);

/* PID-START or PID-START-PLACE in `name` read: true and the first two. */
bool paths_session_identity(const char *name, pid_t *pid, uint64_t *start_ticks);

/* The PLACE of PID-START-PLACE; false: it has none. */
bool paths_session_place(const char *name, uint32_t *place);

/* PID-START-N.seg read. */
bool paths_segment_identity(const char *file, pid_t *pid, uint64_t *start_ticks, unsigned *image);

/* Its state as proc(5) has it, 'T' for one that is stopped; 0: it has none, or cannot be read. */
char paths_state(pid_t pid);

/* Start time of a living process in clock ticks; 0: there is none, or /proc cannot be read. */
uint64_t paths_start_ticks(pid_t pid);

/* Of a process; 0: it is not to be seen. */
pid_t paths_parent(pid_t pid);

/*
 * Has this process one thread, and waited for no child that ended? The kernel adds up what such
 * children touched of their memory (field 11 of /proc/PID/stat). false, too: it is not to be seen.
 */
bool paths_has_been_alone(void);

/* Is it a thread of the kernel's, and no program? */
bool paths_is_kernel(pid_t pid);

/*
 * By a file /proc/PID/stat: is it between two programs, in execve(2)? Where its code starts (field
 * 26) the kernel writes down last, when arguments and environment can be read. Who may not know it
 * is told 1. true, too: it has ended, and was not waited for.
 */
bool paths_is_in_exec(const char *file);

/* Has a fork made it, and no exec since made another program of it? False too if it has ended. */
bool paths_is_forked(pid_t pid);

#endif
