/* SPDX-License-Identifier: MIT */
/*
 * Word that a process leaves in a session's folder for those who read it, of what has no record
 * there (segment/folded.h).
 */
#ifndef GPUSPY_SESSION_WORD_H
#define GPUSPY_SESSION_WORD_H

#include <stdbool.h>

struct word {
	const char *owner;   /* PID-TIME-PLACE */
	const char *session; /* its name, as it was told: where the owner is not in sight it would
				be another one */
	bool (*write)(const char *folder);
};

/*
 * Where this program began, if that folder is there: who seems to be another user may be in a user
 * namespace, and have it still. And where it is now; the folder is made then, and where it is
 * another user's, it is looked for by those who may (segment/strangers.h). False: that could not be
 * done.
 */
bool word_where_it_began(const struct word *word);
bool word_here(const struct word *word);

#endif
