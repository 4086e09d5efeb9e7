/* SPDX-License-Identifier: MIT */
/*
 * What glibc's loader calls the subfolders that it has for processors: arch/CPU/levels.c. Which
 * glibc looks into which is loader/levels.h's.
 */
#ifndef GPUSPY_ARCH_LEVELS_H
#define GPUSPY_ARCH_LEVELS_H

/* Those in glibc-hwcaps that are for this processor: how many, and the n-th, the best first. */
unsigned arch_levels(void);
const char *arch_level(unsigned n);

/* What $PLATFORM stands for, ld.so(8). */
const char *arch_platform(void);

/* Those of old, which are named after the processor's kind, in the order in which it looks. */
unsigned arch_old_levels(void);
const char *arch_old_level(unsigned n);

#endif
