/* SPDX-License-Identifier: MIT */
/*
 * From what the loader bound to what the caller is to get.
 */
#ifndef GPUSPY_DOORS_BINDING_H
#define GPUSPY_DOORS_BINDING_H

#include "../objects/objects.h"

/*
 * The hook for a target inside `owner`, as bound for `caller` (NULL: unknown); NULL: it gets none,
 * for it is no function of a layer, or the caller is NVIDIA's own and the layer above the driver.
 * `name` NULL: none is known; then it has to be the very address of a function.
 */
void *binding_hook(
	const struct object *owner, void *target, const char *name, const struct object *caller);

/* A look-up as if from the code in which `ret` is. */
struct look_up {
	const void *ret;
	void *function; /* dlsym, or dlvsym */
	void *handle;
	const char *name, *version; /* version NULL: none */
};

/* `ret` for a caller; NULL as argument: code of no object; as result: it cannot be had. */
const void *binding_caller(const struct object *caller);

void *binding_look_up(const struct look_up *look_up);

/* In arch/.../doors.S: function(a, b, c), with the return address `ret`. */
void *arch_call_from(const void *ret, void *function, const void *a, const void *b, const void *c);
/* A return of this library's. */
extern const char arch_return[];

#endif
