/* SPDX-License-Identifier: MIT */
/*
 * Functions of libc's that this library has too, and what comes next under their names: mostly
 * libc's, or those of another preloaded library.
 */
#ifndef GPUSPY_MAIN_NEXT_H
#define GPUSPY_MAIN_NEXT_H

#include <stddef.h>

#include "../objects/functions.h"

#define NEXT_FIELD(name) void *name;
#define NEXT_NAME(name)  #name "\0"

/*
 * The next ones of a list, NEXT_OF(DO) being DO(open) DO(fopen) ...: next_find() finds them all at
 * once, at the start, when other threads may not yet load and unload objects: a later look at the
 * loader's list could find one that is just going. It takes no lock, and makes no system call. One
 * that is called before that, by an object that is initialised earlier, finds them by itself.
 */
#define NEXT_FUNCTIONS(NEXT_OF)                                                                    \
	static struct {                                                                            \
		NEXT_OF(NEXT_FIELD)                                                                \
	} next;                                                                                    \
	static void next_find(void)                                                                \
	{                                                                                          \
		loader_next_of((void **)&next, sizeof(next) / sizeof(void *), NEXT_OF(NEXT_NAME)); \
	}                                                                                          \
	static inline void *next_known(void *const *function)                                      \
	{                                                                                          \
		if (__builtin_expect(!*function, 0))                                               \
			next_find();                                                               \
		return *function;                                                                  \
	}

/* One of them, with the type of libc's. */
#define NEXT(name) ((__typeof__(&name))next_known(&next.name))

#endif
