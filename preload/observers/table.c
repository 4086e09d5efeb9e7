#include <stddef.h>
#include <string.h>

#include "../doors/doors.h"
#include "../segment/writer.h"
#include "cuda_abi.h"
#include "faults.h"
#include "generation.h"
#include "observers.h"

uint32_t observers_generation = 1;

static const struct observer *const tables[] = { init_observers, lookup_observers,
	context_observers, memory_observers, physical_observers, array_observers, copy_observers,
	launch_observers, graph_observers, module_observers, sync_observers, stream_observers };

/* The twins for the per-thread default stream have the same arguments. */
static size_t length_without_twin(const char *name)
{
	size_t n = strlen(name);

	if (n > 5 && (!strcmp(name + n - 5, "_ptsz") || !strcmp(name + n - 5, "_ptds")))
		return n - 5;
	return n;
}

const struct observer *observer_of(const char *name)
{
	size_t n = length_without_twin(name);

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct observer *o = tables[i]; o->name; o++)
			if (strlen(o->name) == n && !strncmp(o->name, name, n))
				return o;
	return NULL;
}

void observe_failure(struct hook *hook, int status)
{
	if (hook->layer == LAYER_DRIVER && fault_is_sticky(status))
		fault_seen(hook, status);
	if (hook->layer == LAYER_RUNTIME && !segment->runtime_error)
		segment->runtime_error = status;
}

void observers_forget(void)
{
	contexts_forget();
	memory_forget();
	physical_forget();
	kernels_forget();
	graphs_forget();
}

/* The row in which the call is noted is that of the function's hook. */
static void find_function(struct own_call *call)
{
	struct object driver;
	void *function;

	call->function = NULL;
	if (!objects_find_layer(LAYER_DRIVER, &driver))
		return;
	function = elf_function(&driver.image, call->name);
	if (!function)
		return;
	hook_for(function, LAYER_DRIVER, object_file(&driver), call->name);
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
