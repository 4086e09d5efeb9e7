/*
 * What was asked for by dlopen and did not come.
 *
 * The door of dlopen ends in a jump, so it does not see the result. Each name is noted there, and
 * settled at the next passage and at the end of the process: is it loaded? If not, it is looked
 * for on disk, in the places where the loader looks for this caller; the loader's own words come
 * from the real dlopen with RTLD_NOLOAD, which loads nothing. That is asked for nothing that may
 * be loaded: glibc runs the constructors of a library that it finds loaded and not initialised,
 * and at exit, after the destructors, that is what all libraries are.
 */
#ifndef GPUSPY_DOORS_LOADING_H
#define GPUSPY_DOORS_LOADING_H

#include <stdbool.h>

#include "../objects/objects.h"

/* At start: LD_LIBRARY_PATH, as the loader read it. */
void loading_start(void);

/* A call of dlopen begins; `caller` may be NULL. */
void loading_asked(const char *name, const struct object *caller);

/* Judges what was asked for before. Not while a lock is held; loses dlerror()'s text. */
void loading_settle(void);

/* Is there a name that was asked for and not settled yet? */
bool loading_waits(void);

/* At exit: judges all that is still open, for good. */
void loading_end(void);

#endif
