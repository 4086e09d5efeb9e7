/* SPDX-License-Identifier: MIT */
/*
 * The way to the folder of all sessions, which somebody else may have laid out for this user.
 */
#ifndef GPUSPY_TOOLS_PLACE_H
#define GPUSPY_TOOLS_PLACE_H

#include <sys/types.h>

struct place {
	int fd;
	uid_t owner; /* whose sessions lie in it */
};

/*
 * Opens it. On the way to it no link is followed but root's own and this user's; the last part is
 * no link at all. One that is named gpuspy-UID, as the default is, must be of that user, any other
 * of this user or of root; root may look at other users' too. -1 with errno; EPERM: it is not so.
 */
int place_open(struct place *place, const char *path);

/* A folder in it, which must be of the place's owner. -1 with errno. */
int place_open_session(const struct place *place, const char *name);
int place_make_session(const struct place *place, const char *name);

#endif
