/* SPDX-License-Identifier: MIT */
/* Running a piece of work, and counting what it was. */
#include "graph.h"
#include "ledger.h"
#include "memory.h"
#include "export.h"
#include "module.h"
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum cu_status run_kernel(const struct work *work)
{
	struct context *context = work->kernel.context;
	const struct image_kernel *kernel = launchable(work->kernel.function, &context);
	const struct kernel_code *code = kernel ? kernel_code(kernel->name) : NULL;
	char key[sizeof(((struct ledger_entry *)NULL)->symbol)];
	enum cu_status fault;

	if (!kernel)
		return CU_ERROR_INVALID_HANDLE;
	snprintf(key, sizeof(key), "kernel.%s", kernel->name);
	ledger_add(key, 1);
	fault = code ? kernel_run(code, work->kernel.params) : CU_OK;
	if (fault != CU_OK)
		context_fault(context, fault); /* found out later, as on a device */
	return CU_OK;
}

static enum cu_status run_alloc(const struct work *work)
{
	ledger_add("graph_allocations", 1);
	return memory_find(work->alloc.address) ? CU_OK : CU_ERROR_INVALID_VALUE;
}

/* The value is the default that its handle was made with: no kernel here ever sets another. */
static enum cu_status run_choice(struct context *context, const struct work *work)
{
	unsigned which = work->choice.value;

	if (work->choice.type == 0) /* if: not 0, and else */
		which = !work->choice.value;
	else if (work->choice.type == 1) /* while: the body is the one that ends it */
		which = work->choice.value ? 0 : work->choice.count;
	return which < work->choice.count ? graph_run(context, work->choice.bodies[which]) : CU_OK;
}

enum cu_status work_run(struct context *context, const struct work *work)
{
	switch (work->type) {
	case CU_NODE_KERNEL:
		return run_kernel(work);
	case CU_NODE_MEMCPY:
		return copy_run(&work->copy.copy);
	case CU_NODE_MEMSET:
		return set_run(work);
	case CU_NODE_HOST:
		call_out(work->host.function, work->host.data);
		return CU_OK;
	case CU_NODE_GRAPH:
		return graph_run(context, work->child);
	case CU_NODE_EVENT_RECORD:
		work->event->recorded = true;
		return CU_OK;
	case CU_NODE_MEMCPY_BATCH:
	case CU_NODE_FABRIC_BATCH:
		return batch_run(work);
	case CU_NODE_MEM_ALLOC:
		return run_alloc(work);
	case CU_NODE_CONDITIONAL:
		return run_choice(context, work);
	default: /* waits have nothing to wait for: all that came before has been run */
		return CU_OK;
	}
}

static void count_copy(const char *direction, uint64_t bytes)
{
	char key[64];

	snprintf(key, sizeof(key), "copies.%s.calls", direction);
	ledger_add(key, 1);
	snprintf(key, sizeof(key), "copies.%s.bytes", direction);
	ledger_add(key, bytes);
}

static uint64_t bytes_of(const struct work *work)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < work->batch.count; i++)
		bytes += work->batch.pieces[i].bytes;
	return bytes;
}

static void count(const struct work *work)
{
	const struct cu_copy_3d *copy = &work->copy.copy;

	if (work->type == CU_NODE_KERNEL)
		ledger_add("launches", 1);
	else if (work->type == CU_NODE_MEMCPY)
		count_copy(copy_direction(copy, work->copy.peer),
			copy->width * copy->height * copy->depth);
	else if (work->type == CU_NODE_MEMSET)
		count_copy("memset", work->set.width * work->set.height * work->set.element);
	else if (work->type == CU_NODE_MEMCPY_BATCH || work->type == CU_NODE_FABRIC_BATCH)
		count_copy(work->batch.peer ? "peer" : "unified", bytes_of(work));
}

enum cu_status work_submit(struct stream *stream, const struct work *work)
{
	enum cu_status status = capture_forbids_legacy(stream);

	if (status != CU_OK)
		return status;
	if (stream->cig) {
		if (work->type == CU_NODE_HOST)
			return CU_ERROR_CAPTURE_UNSUPPORTED;
		if (work->type == CU_NODE_KERNEL)
			ledger_add("captured_launches", 1);
		return CU_OK; /* the graphics API that will run it is not simulated */
	}
	if (stream->capture) {
		status = capture_add(stream, work);
		if (status == CU_OK && work->type == CU_NODE_KERNEL)
			ledger_add("captured_launches", 1);
		return status;
	}
	stream_touched(stream);
	status = work_run(stream->context, work);
	if (status == CU_OK)
		count(work);
	return status;
}

/* The parameters of a kernel as one block: the pointers, then the values. */
static void **copy_params(void *function, void **params)
{
	struct context *context = NULL;
	const struct image_kernel *kernel = launchable(function, &context);
	void **made;
	char *values;

	if (!kernel || !params || !kernel->param_count)
		return NULL;
	made = calloc(1, kernel->param_count * sizeof(*made) + kernel->param_bytes);
	if (!made)
		return NULL;
	values = (char *)&made[kernel->param_count];
	for (unsigned i = 0; i < kernel->param_count; i++) {
		made[i] = values + kernel->params[i].offset;
		memcpy(made[i], params[i], kernel->params[i].size);
	}
	return made;
}

static enum cu_status copy_bodies(struct work *to, const struct work *from)
{
	to->choice.bodies = calloc(from->choice.count, sizeof(struct graph *));
	if (!to->choice.bodies)
		return CU_ERROR_OUT_OF_MEMORY;
	for (unsigned i = 0; i < from->choice.count; i++) {
		to->choice.bodies[i] = graph_clone(from->choice.bodies[i]);
		if (!to->choice.bodies[i])
			return CU_ERROR_OUT_OF_MEMORY;
	}
	return CU_OK;
}

enum cu_status work_copy(struct work *to, const struct work *from)
{
	*to = *from;
	if (from->type == CU_NODE_KERNEL)
		to->kernel.params = copy_params(from->kernel.function, from->kernel.params);
	if (from->type == CU_NODE_GRAPH) {
		to->child = graph_clone(from->child);
		return to->child ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
	}
	if (from->type == CU_NODE_MEMCPY_BATCH || from->type == CU_NODE_FABRIC_BATCH)
		return batch_copy(to, from) ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
	return from->type == CU_NODE_CONDITIONAL ? copy_bodies(to, from) : CU_OK;
}

void work_clear(struct work *work)
{
	if (work->type == CU_NODE_KERNEL)
		free(work->kernel.params);
	if (work->type == CU_NODE_MEMCPY_BATCH || work->type == CU_NODE_FABRIC_BATCH)
		free(work->batch.pieces);
	if (work->type == CU_NODE_GRAPH && work->child)
		graph_free(work->child);
	if (work->type == CU_NODE_CONDITIONAL && work->choice.bodies) {
		for (unsigned i = 0; i < work->choice.count; i++)
			if (work->choice.bodies[i])
				graph_free(work->choice.bodies[i]);
		free(work->choice.bodies);
	}
	memset(work, 0, sizeof(*work));
	work->type = CU_NODE_EMPTY;
}
