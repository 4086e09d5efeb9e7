/* SPDX-License-Identifier: MIT */
#include "own_call.h"

#include <stddef.h>

#include "../ground/path.h"
#include "../objects/objects.h"
#include "../segment/writer.h"

/* The row in which the call is noted is that of the function's hook. */
static void find_function(struct own_call *call)
{
	const struct object *driver = objects_find_layer(LAYER_DRIVER);
	void *function;

	call->function = NULL;
	if (!driver)
		return;
	function = elf_function(&driver->image, call->name);
	if (!function)
		return;
	hook_for(function, LAYER_DRIVER, path_file(driver->path), call->name);
	call->hook = hook_find(function);
	__atomic_store_n(&call->function, function, __ATOMIC_RELEASE);
}

void *own_call(struct own_call *call)
{
	void *function = __atomic_load_n(&call->function, __ATOMIC_ACQUIRE);

	if (!function || (call->hook && call->hook->flags & HOOK_STALE)) {
		find_function(call);
		function = call->function;
	}
	if (function && call->hook && call->hook->row)
		__atomic_fetch_add(&writer_row_at(call->hook->row)->own_calls, 1, __ATOMIC_RELAXED);
	return function;
}
