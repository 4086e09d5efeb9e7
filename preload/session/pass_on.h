/* SPDX-License-Identifier: MIT */
/*
 * A library that was loaded late is in no LD_PRELOAD, and what this process starts would not be
 * watched.
 */
#ifndef GPUSPY_SESSION_PASS_ON_H
#define GPUSPY_SESSION_PASS_ON_H

#include <stdbool.h>

/*
 * Puts this library into LD_PRELOAD for what is started from now on, before what is there. False:
 * its path cannot stand there (ld.so(8): a space or a colon ends it).
 */
bool pass_on(void);

#endif
