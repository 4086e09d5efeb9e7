/* SPDX-License-Identifier: MIT */
/*
 * The folders of sessions on this machine: one a user, or one for all, where root or this user may
 * look at them.
 */
#ifndef GPUSPY_COLLECT_BASES_H
#define GPUSPY_COLLECT_BASES_H

#include <stdbool.h>
#include <sys/types.h>

#include "../place.h"
#include "segment/paths.h"

struct bases {
	bool one_user;
	uid_t uid; /* if one_user */
};

struct base {
	struct place place; /* its folder, open; place.owner: of all sessions in it */
	bool shared;        /* each session in it is of the user who made it */
	char path[PATHS_MAX];
};

/*
 * Calls `visit` with each; what is not as it should be is passed over and counted in `refused`. -1
 * when `visit` said so: then no other is visited.
 */
int bases_visit(const struct bases *bases, int (*visit)(void *context, const struct base *base),
	void *context, unsigned *refused);

/*
 * Opens a session of it. The owner, whatever the files in it say of whom they are. -1 with errno;
 * EPERM: it is of somebody else than it should be.
 */
int base_open_session(const struct base *base, const char *name, uid_t *owner);

#endif
