/* SPDX-License-Identifier: MIT */
/*
 * Graphs: how many kernels, and which, one launch of an executable graph runs.
 *
 * The nodes are looked at when a graph is instantiated or updated. Kernels that the device decides
 * on (conditional nodes, device-side launches) are not known: the figures are then "at least".
 */
#include <stddef.h>
#include <string.h>

#include "../cuda/abi.h"
#include "../ground/count.h"
#include "../ground/lock.h"
#include "../hooks/threads.h"
#include "../segment/writer.h"
#include "capture.h"
#include "contexts.h"
#include "executables.h"
#include "handles.h"
#include "note.h"
#include "observers.h"
#include "streams.h"
#include "waits.h"

static struct handle_table executables; /* under LOCK_GRAPHS */

static struct executable *find(const void *handle)
{
	struct handle_entry *entry = handles_find(&executables, (uintptr_t)handle);

	return entry ? entry->executable : NULL;
}

static void know_a_part(const void *handle)
{
	struct executable *e;

	lock_take(LOCK_GRAPHS);
	e = find(handle);
	if (e)
		e->at_least = true;
	lock_give(LOCK_GRAPHS);
}

/* Without memory for the new one, what is known of the old is no more than a part. */
static void replace(const void *handle, struct executable *by)
{
	struct handle_entry *entry;
	struct executable *old;

	if (!by) {
		know_a_part(handle);
		return;
	}
	lock_take(LOCK_GRAPHS);
	old = find(handle);
	entry = handles_put(&executables, (uintptr_t)handle);
	if (entry)
		entry->executable = by;
	lock_give(LOCK_GRAPHS);
	executable_free(old);
}

/* (executable *, graph, ...) */
static void after_instantiate(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);

	if (!status && handle)
		replace(*handle, executable_read(ARGUMENT(frame, 1, void *), NULL));
}

/* Kernels may launch it, which no call of the host's shows. */
static void note_flags(uint64_t flags, int status)
{
	if (!status && flags & CU_GRAPH_DEVICE_LAUNCH)
		gap(GAP_GRAPHS);
}

/* (executable *, graph, flags) */
static void after_instantiate_flags(struct frame *frame, int status)
{
	note_flags(ARGUMENT(frame, 2, uint64_t), status);
	after_instantiate(frame, status);
}

/* (executable *, graph, params *): the flags are the first of these. */
static void after_instantiate_params(struct frame *frame, int status)
{
	const uint64_t *flags = ARGUMENT(frame, 2, const uint64_t *);

	note_flags(flags ? *flags : 0, status);
	after_instantiate(frame, status);
}

/* (executable, graph, ...) */
static void after_update(struct frame *frame, int status)
{
	struct executable *updated;

	if (status)
		return;
	updated = executable_read(ARGUMENT(frame, 1, void *), NULL);
	lock_take(LOCK_GRAPHS);
	if (updated)
		executable_keep(updated, find(ARGUMENT(frame, 0, void *)));
	lock_give(LOCK_GRAPHS);
	replace(ARGUMENT(frame, 0, void *), updated);
}

/* Before, for the handle may be another's afterwards. */
static void before_destroy(struct frame *frame)
{
	struct handle_entry *entry;

	lock_take(LOCK_GRAPHS);
	entry = handles_find(&executables, ARGUMENT(frame, 0, uint64_t));
	if (entry) {
		note_of(frame)->destroyed = entry->executable;
		handles_remove(&executables, entry);
	}
	lock_give(LOCK_GRAPHS);
}

static void after_destroy(struct frame *frame, int status)
{
	struct executable *e = note_of(frame)->destroyed;

	if (status)
		replace(ARGUMENT(frame, 0, void *), e);
	else
		executable_free(e);
}

static void set_kernel(
	const void *handle, const void *node, const struct cu_kernel_node_params *params)
{
	uint32_t row = executable_kernel_row(params);
	struct kernel_node *kernel;

	lock_take(LOCK_GRAPHS);
	kernel = executable_node(find(handle), node);
	if (kernel)
		kernel->row = row; /* 0: another one than before, and its name is not known */
	lock_give(LOCK_GRAPHS);
}

static void set_child(const void *handle, const void *node, void *graph)
{
	struct executable *part = executable_read(graph, node), *e;

	lock_take(LOCK_GRAPHS);
	e = find(handle);
	if (e && part)
		executable_replace_child(e, node, part);
	else if (e)
		e->at_least = true;
	lock_give(LOCK_GRAPHS);
	executable_free(part);
}

/* cuGraphExecKernelNodeSetParams(executable, node, params *) */
static void after_set_kernel(struct frame *frame, int status)
{
	struct cu_kernel_node_params params;

	if (status)
		return;
	memset(&params, 0, sizeof(params));
	memcpy(&params, ARGUMENT(frame, 2, const void *),
		frame->hook->observer->short_params ? CU_KERNEL_NODE_PARAMS_V1_SIZE
						    : sizeof(params));
	set_kernel(ARGUMENT(frame, 0, void *), ARGUMENT(frame, 1, void *), &params);
}

/* cuGraphExecChildGraphNodeSetParams(executable, node, graph) */
static void after_set_child(struct frame *frame, int status)
{
	if (!status)
		set_child(ARGUMENT(frame, 0, void *), ARGUMENT(frame, 1, void *),
			ARGUMENT(frame, 2, void *));
}

/* cuGraphExecNodeSetParams(executable, node, params *) */
static void after_set_node(struct frame *frame, int status)
{
	const struct cu_node_params *params = ARGUMENT(frame, 2, const struct cu_node_params *);

	if (status)
		return;
	if (params->type == CU_NODE_KERNEL)
		set_kernel(ARGUMENT(frame, 0, void *), ARGUMENT(frame, 1, void *), &params->kernel);
	else if (params->type == CU_NODE_GRAPH)
		set_child(ARGUMENT(frame, 0, void *), ARGUMENT(frame, 1, void *),
			params->child.graph);
}

/* cuGraphNodeSetEnabled(executable, node, is enabled) */
static void after_enable(struct frame *frame, int status)
{
	struct kernel_node *node;

	if (status)
		return;
	lock_take(LOCK_GRAPHS);
	node = executable_node(find(ARGUMENT(frame, 0, void *)), ARGUMENT(frame, 1, void *));
	if (node)
		node->disabled = !ARGUMENT(frame, 2, unsigned);
	lock_give(LOCK_GRAPHS);
}

/* The kernels of one launch, each in its row too. */
static uint64_t add_kernels(const struct executable *e)
{
	uint64_t kernels = 0;

	for (unsigned i = 0; i < e->n; i++) {
		if (e->nodes[i].disabled)
			continue;
		kernels++;
		if (e->nodes[i].row)
			count_one(&thread_slot(e->nodes[i].row)->launches);
		else
			gap(GAP_KERNEL_NAMES);
	}
	return kernels;
}

/* (executable, stream); into a capturing stream it is recorded only. */
static void after_launch(struct frame *frame, int status)
{
	void *stream = capture_stream(frame->hook, ARGUMENT(frame, 1, void *));
	const struct executable *e;
	const struct lane *lane;
	struct segment_slot *slot;
	bool recorded;

	if (status || capture_has(frame))
		return;
	lane = stream_lane(stream_context(stream), stream);
	if (!lane) {
		gap(GAP_CONTEXTS);
		return;
	}
	slot = thread_slot(lane->row + ROW_GRAPHS - ROW_LAUNCHES);
	count_one(&slot->launches);
	lock_take(LOCK_GRAPHS);
	e = find(ARGUMENT(frame, 0, void *));
	if (e)
		count_more(&slot->kernels, add_kernels(e));
	if (!e || e->at_least)
		gap(GAP_GRAPHS);
	recorded = !e || e->records_events;
	lock_give(LOCK_GRAPHS);
	if (recorded)
		events_forget();
	if (slot->launches == 1) /* this thread's first one in this stream */
		writer_note_kernel();
}

/* The child's driver knows none of them; their memory is left where it is. */
void graphs_forget(void)
{
	handles_forget(&executables);
}

const struct observer graph_observers[] = {
	{ "cuGraphInstantiate", NULL, after_instantiate },
	{ "cuGraphInstantiate_v2", NULL, after_instantiate },
	{ "cuGraphInstantiateWithFlags", NULL, after_instantiate_flags },
	{ "cuGraphInstantiateWithParams", NULL, after_instantiate_params },
	{ "cuGraphExecUpdate", NULL, after_update },
	{ "cuGraphExecUpdate_v2", NULL, after_update },
	{ "cuGraphExecKernelNodeSetParams", NULL, after_set_kernel, .short_params = true },
	{ "cuGraphExecKernelNodeSetParams_v2", NULL, after_set_kernel },
	{ "cuGraphExecChildGraphNodeSetParams", NULL, after_set_child },
	{ "cuGraphExecNodeSetParams", NULL, after_set_node },
	{ "cuGraphNodeSetEnabled", NULL, after_enable },
	{ "cuGraphExecDestroy", before_destroy, after_destroy },
	{ "cuGraphLaunch", capture_before, after_launch, .stream = 1, .dozes = true },
	{ NULL },
};
