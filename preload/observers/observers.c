/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "../segment/gaps.h"
#include "../segment/writer.h"
#include "contexts.h"
#include "faults.h"
#include "kernels.h"
#include "memory.h"
#include "observers.h"
#include "waits.h"

static const struct observer *const tables[] = { init_observers, context_observers,
	memory_observers, physical_observers, array_observers, copy_observers, launch_observers,
	graph_observers, module_observers, sync_observers, stream_observers, capture_observers };

/* The first error of the runtime says more than what comes after it. */
static void runtime_failed(struct hook *hook, int status)
{
	(void)hook;
	if (!segment->runtime_error)
		segment->runtime_error = status;
}

static const struct context_listener context_listeners[] = {
	{ .ended = memory_context_ended },
	{ kernels_context_ends, kernels_context_lives_on, kernels_context_ended },
	{ .ended = waits_context_ended },
	{ NULL },
};

void observers_start(void)
{
	contexts_tell(context_listeners);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		hooks_watch(tables[i]);
	hooks_watch_unknown(&unknown_observer);
	hooks_on_failure(LAYER_DRIVER, driver_failed);
	hooks_on_failure(LAYER_RUNTIME, runtime_failed);
}

void observers_come_late(bool driver, unsigned above)
{
	if (above)
		gap_add(GAP_LATE_ABOVE, above);
	if (!driver)
		return;
	gap(GAP_ATTACHED_LATE);
	kernels_come_late();
	capture_come_late();
}

void observers_forget(void)
{
	contexts_forget();
	context_calls_forget();
	memory_forget();
	physical_forget();
	kernels_forget();
	graphs_forget();
	waits_forget();
	capture_forget();
}
