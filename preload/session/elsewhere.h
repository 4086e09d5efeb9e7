/* SPDX-License-Identifier: MIT */
/*
 * A process may be in a mount namespace of its own (unshare -m, a sandbox), where another folder
 * has the path of its session's: the owner does not find what is written there.
 */
#ifndef GPUSPY_SESSION_ELSEWHERE_H
#define GPUSPY_SESSION_ELSEWHERE_H

#include <stdbool.h>

/*
 * If the owner, which is named as its session is, sees another folder there, word of that is left
 * in it. Where the owner cannot be looked at, nothing is known, and nothing is done.
 */
void elsewhere_tell(const char *owner, const char *folder);

/*
 * This process is going to have other mounts, or another root folder, and may not reach that
 * folder, its session's, any more. elsewhere_note() leaves word there all the same, of what it or a
 * forked child starts then. False: nothing was kept.
 */
void elsewhere_keep(const char *owner, const char *folder);
bool elsewhere_note(void);

#endif
