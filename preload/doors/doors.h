/*
 * Doors: the ways by which a program gets at NVIDIA's functions, and where each one is given a
 * hook.
 *
 * The doors themselves (dlsym, dlvsym, dlopen, __gmon_start__) are in arch/.../doors.S; here is
 * what they call. Another way in is a slot (slots.h), and a third the driver's own cuGetProcAddress
 * (observers/lookup.c).
 */
#ifndef GPUSPY_DOORS_DOORS_H
#define GPUSPY_DOORS_DOORS_H

#include "objects.h"

/* 0 until doors_start(): everything passes through. */
extern int doors_open;
/* Not 0: dlopen was called, and its objects may not have told of themselves. */
extern int doors_unseen_code;

/* Opens the doors and looks at what is loaded. -1: no memory. */
int doors_start(void);

/*
 * The hook for a target inside `owner`, as bound for `caller`; NULL: it gets none, for it is no
 * function of a layer, or the caller is NVIDIA's own and the layer above the driver.
 */
void *doors_hook(
	const struct object *owner, void *target, const char *name, const struct object *caller);

/* The real dlsym, or dlvsym with a version, called as if from the code in which `ret` is. */
void *doors_look_up(const void *ret, void *handle, const char *name, const char *version);

/*
 * From doors.S: what the caller is to get, or NULL: the real function is to answer. `caller` is an
 * address in the caller's code.
 */
void *doors_dlsym(void *handle, const char *name, const void *caller);
void *doors_dlvsym(void *handle, const char *name, const char *version, const void *caller);
void doors_dlopen(const char *name, int flags, const void *caller);
void doors_gmon_start(void);

/* In arch/.../doors.S: function(a, b, c), with the return address `ret`. */
void *arch_call_from(const void *ret, void *function, const void *a, const void *b, const void *c);

#endif
