/* SPDX-License-Identifier: MIT */
/*
 * A program that seems to have nothing to count waits: nothing is begun until it does one of the
 * things for which there was a reason to begin.
 */
#ifndef GPUSPY_MAIN_WAITING_H
#define GPUSPY_MAIN_WAITING_H

/* At the start: what begins, once, however often and by whichever thread it is called. */
void waiting_begin(void (*start)(void));

/* Now there is something to see. Afterwards all has begun; errno stays. */
void waiting_ends(void);

#endif
