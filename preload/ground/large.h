/* SPDX-License-Identifier: MIT */
/*
 * Where large tables lie: behind all else that is zero at the start. What a small program touches
 * of this library then is on two or three pages, and not on twelve; each costs it a fault.
 */
#ifndef GPUSPY_GROUND_LARGE_H
#define GPUSPY_GROUND_LARGE_H

/* Clang would fill the file with its zeros. */
#ifdef __clang__
#define LARGE
#else
#define LARGE __attribute__((section(".lbss")))
#endif

#endif
