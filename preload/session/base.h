/* SPDX-License-Identifier: MIT */
/*
 * Where sessions have their folders: GPUSPY_DIR, else a folder of the user's, which the site may
 * have chosen.
 */
#ifndef GPUSPY_SESSION_BASE_H
#define GPUSPY_SESSION_BASE_H

#include <stdbool.h>
#include <sys/types.h>

#include "../segment/paths.h"

void base_of_user(uid_t user, char base[PATHS_MAX]);

/*
 * Of this process. One that became another user may not write where it began: what it does from
 * then on is in that user's own folder. False: the path would be too long.
 */
bool base_now(char base[PATHS_MAX]);

/* Where it was when this program began. */
bool base_at_start(char base[PATHS_MAX]);

#endif
