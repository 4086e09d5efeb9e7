/* SPDX-License-Identifier: MIT */
/*
 * A process may be in a mount namespace of its own (unshare -m, a sandbox), where another folder
 * has the path of its session's: the owner does not find what is written there.
 */
#ifndef GPUSPY_SESSION_ELSEWHERE_H
#define GPUSPY_SESSION_ELSEWHERE_H

/*
 * If the owner, which is named as its session is, sees another folder there, word of that is left
 * in it. Where the owner cannot be looked at, nothing is known, and nothing is done.
 */
void elsewhere_tell(const char *owner, const char *folder);

#endif
