/* SPDX-License-Identifier: MIT */
/*
 * What others left in the session's folder. False for a member: it is for the owner to read.
 */
#ifndef GPUSPY_SESSION_OTHERS_H
#define GPUSPY_SESSION_OTHERS_H

#include <stdbool.h>

/*
 * Can there be segments of a session that this process owns, though it has none itself? Asks the
 * kernel for nothing where there cannot: a sandbox may kill a process for a question.
 */
bool session_has_segments(void);

/* Besides one of this process, of which that is known. */
bool session_has_other_segments(void);

#endif
