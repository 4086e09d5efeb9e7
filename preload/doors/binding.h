/*
 * From what the loader bound to what the caller is to get.
 */
#ifndef GPUSPY_DOORS_BINDING_H
#define GPUSPY_DOORS_BINDING_H

#include "../objects/objects.h"

/*
 * The hook for a target inside `owner`, as bound for `caller`; NULL: it gets none, for it is no
 * function of a layer, or the caller is NVIDIA's own and the layer above the driver.
 */
void *binding_hook(
	const struct object *owner, void *target, const char *name, const struct object *caller);

/* The real dlsym, or dlvsym with a version, called as if from the code in which `ret` is. */
void *binding_look_up(const void *ret, void *handle, const char *name, const char *version);

/* In arch/.../doors.S: function(a, b, c), with the return address `ret`. */
void *arch_call_from(const void *ret, void *function, const void *a, const void *b, const void *c);

#endif
