/*
 * What was asked for by dlopen and did not come.
 *
 * The door of dlopen ends in a jump, so it does not see the result. Each name is noted there, and
 * settled at the next passage and at the end of the process: is it loaded? If not, the real dlopen
 * is asked once more with RTLD_NOLOAD, as if by the same caller: it searches in all the same
 * places and says in its own words what it did not find, but it loads nothing. Where it finds the
 * file, what this needs is followed on disk. See preload/README.md for what remains unseen.
 */
#ifndef GPUSPY_DOORS_LOADING_H
#define GPUSPY_DOORS_LOADING_H

#include "objects.h"

/* At start: LD_LIBRARY_PATH, as the loader read it. */
void loading_start(void);

/* A call of dlopen begins; `caller` may be NULL. */
void loading_asked(const char *name, const struct object *caller);

/* Judges what was asked for before. Not while a lock is held; loses dlerror()'s text. */
void loading_settle(void);

/* At exit: judges all that is still open, for good. */
void loading_end(void);

#endif
