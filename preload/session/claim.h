/* SPDX-License-Identifier: MIT */
/*
 * The owner of a session that the user named: several commands may have the same name.
 */
#ifndef GPUSPY_SESSION_CLAIM_H
#define GPUSPY_SESSION_CLAIM_H

#include <stdbool.h>

/*
 * Makes this process the one that reports, unless another one is and lives. The session's folder
 * keeps who it is, in the file `owner`.
 */
bool claim_session(const char *folder);

#endif
