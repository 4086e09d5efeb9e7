/* SPDX-License-Identifier: MIT */
/*
 * The owners of a session that the user named: several commands may have the same name, as the
 * ranks of a job. The last one to end reports.
 */
#ifndef GPUSPY_SESSION_CLAIM_H
#define GPUSPY_SESSION_CLAIM_H

#include <stdbool.h>

/* This process is one of them. The session's folder keeps who they are, in the file `owner`. */
bool claim_session(const char *folder);

/* It is none any more. Was it the last? From elsewhere nobody can say that another is dead. */
bool claim_was_last(const char *folder);

#endif
