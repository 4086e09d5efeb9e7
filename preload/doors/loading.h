/* SPDX-License-Identifier: MIT */
/*
 * At the end of the process: what became of the names that were asked of dlopen.
 *
 * What did not come is looked for on disk, in the places where the loader looks for who asked; the
 * loader's own words come from the real dlopen with RTLD_NOLOAD, which loads nothing. That is asked
 * for nothing that may be loaded: glibc runs the constructors of a library that it finds loaded and
 * not initialised, and at exit, after the destructors, that is what all libraries are.
 */
#ifndef GPUSPY_DOORS_LOADING_H
#define GPUSPY_DOORS_LOADING_H

/* At start: LD_LIBRARY_PATH, as the loader read it. */
void loading_start(void);

/* At exit. Not while a lock is held; loses dlerror()'s text. */
void loading_end(void);

#endif
