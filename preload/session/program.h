/* SPDX-License-Identifier: MIT */
/*
 * What kind of program this process runs.
 */
#ifndef GPUSPY_SESSION_PROGRAM_H
#define GPUSPY_SESSION_PROGRAM_H

#include <stdbool.h>

/*
 * Is this an interpreter that runs somebody's program, which is what people ask about? Not one that
 * only prints its version, nor a tool of the system or of R (R CMD INSTALL) that happens to be
 * written in Python or R.
 */
bool program_is_asked_about(void);

/* R itself, or a program with libR in it. */
bool program_has_r(void);

/* A library that was loaded makes the process an interpreter: libR, libpython, libjulia. */
bool program_library_is_asked_about(const char *path);

/* gpuspy's own tools are not watched: gpuspy run reports by itself, for a session of its name. */
bool program_is_gpuspy(void);

/* By the site's configuration, which has been read. */
bool program_is_watched(void);

/*
 * It starts programs on other machines, or has others start them: srun, mpirun, ssh. Not one that
 * is asked for nothing but its version or help.
 */
bool program_is_launcher(void);
bool program_launches(const char *name); /* a file's name */

/* What it starts may be another user's, and not find its way into the session; a file's name. */
bool program_becomes_user(const char *name);

/*
 * An interactive shell, tmux, sshd: what others type or send there is theirs, and each command is a
 * session of its own. Not a shell that has a command or a script.
 */
bool program_is_for_others(void);
bool program_is_typed_in(void); /* of these, a shell */

/* Of these, one that was started for a command, and ends with it: inside a session it stays there.
 */
bool program_waits_for_others(void);

#endif
