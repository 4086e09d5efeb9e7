/* SPDX-License-Identifier: MIT */
/*
 * A variable for what this process starts.
 */
#ifndef GPUSPY_SESSION_ENVIRONMENT_H
#define GPUSPY_SESSION_ENVIRONMENT_H

/*
 * Puts "NAME=VALUE", which stays the caller's and must stay as it is, into the environment. Best
 * before the program runs, when there is no other thread; later, those who read the environment
 * meanwhile find it whole, but not those who change it.
 *
 * setenv would allocate, in the first allocation of the process, under a lock of libc's: an
 * allocator that is preloaded too and touches the environment (heaptrack's does) would then wait
 * for ever. libc copies an array that is not its own before it makes it longer, so setenv, putenv,
 * unsetenv and clearenv go on from this one.
 */
void environment_put(char *assignment);

/* Takes a variable away: only before the program runs. */
void environment_remove(const char *name);

#endif
