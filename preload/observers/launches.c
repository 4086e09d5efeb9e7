/*
 * Kernel launches, by every entry point.
 */
#include <stddef.h>

#include "../hooks/threads.h"
#include "../segment/writer.h"
#include "capture.h"
#include "contexts.h"
#include "cuda_abi.h"
#include "kernels.h"
#include "observers.h"

/* A kernel's row and its context's count the same thing: launches that ran, launches recorded. */
static void add(uint32_t row, bool captured)
{
	struct segment_slot *slot = thread_slot(row);

	if (captured)
		slot->b++;
	else
		slot->a++;
}

static void count(const struct hook *hook, void *function, void *stream)
{
	struct context *context = context_current();
	bool captured = capture_has(hook, stream);
	uint32_t kernel;

	if (!context)
		return;
	add(context->row, captured);
	kernel = kernel_row(function, context);
	if (kernel)
		add(kernel, captured);
	else
		__atomic_fetch_add(&segment->missed.kernels, 1, __ATOMIC_RELAXED);
}

/* a: which argument is the stream, -1: none. The function is the first. */
static void after_launch(struct frame *frame, int status)
{
	short stream = frame->hook->observer->a;

	if (!status)
		count(frame->hook, ARGUMENT(frame, 0, void *),
			stream < 0 ? NULL : ARGUMENT(frame, stream, void *));
}

static void after_launch_ex(struct frame *frame, int status)
{
	const struct cu_launch_config *config = ARGUMENT(frame, 0, const struct cu_launch_config *);

	if (!status)
		count(frame->hook, ARGUMENT(frame, 1, void *), config->stream);
}

static void after_multi_device(struct frame *frame, int status)
{
	const struct cu_launch_params *list = ARGUMENT(frame, 0, const struct cu_launch_params *);
	unsigned n = ARGUMENT(frame, 1, unsigned);

	for (unsigned i = 0; !status && i < n; i++)
		count(frame->hook, list[i].function, list[i].stream);
}

const struct observer launch_observers[] = {
	{ "cuLaunchKernel", NULL, after_launch, .a = 8 },
	{ "cuLaunchKernelEx", NULL, after_launch_ex },
	{ "cuLaunchCooperativeKernel", NULL, after_launch, .a = 8 },
	{ "cuLaunchCooperativeKernelMultiDevice", NULL, after_multi_device },
	{ "cuLaunch", NULL, after_launch, .a = -1 },
	{ "cuLaunchGrid", NULL, after_launch, .a = -1 },
	{ "cuLaunchGridAsync", NULL, after_launch, .a = 3 },
	{ NULL },
};
