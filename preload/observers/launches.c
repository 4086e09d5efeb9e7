/*
 * Kernel launches, by every entry point.
 */
#include <errno.h>
#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/lock.h"
#include "../hooks/threads.h"
#include "../segment/writer.h"
#include "capture.h"
#include "contexts.h"
#include "generation.h"
#include "kernels.h"
#include "observers.h"
#include "remembered.h"
#include "streams.h"

/*
 * No lock, no call, and nothing that other threads write is on the way of a launch of a kernel that
 * this thread launched lately.
 */
static struct remembered_launch *place_of(const void *function, const void *stream)
{
	uintptr_t both = (uintptr_t)function + ((uintptr_t)stream << 1);

	_Static_assert(REMEMBERED_LAUNCHES == 1 << (64 - 57), "one place for each value");
	return &remembered()->launches[both * 0x9e3779b97f4a7c15ull >> 57];
}

/* A kernel's row and its context's count the same thing: launches that ran, launches recorded. */
static void add(uint32_t row, bool captured)
{
	struct segment_slot *slot = thread_slot(row);

	if (captured)
		slot->captured++;
	else
		slot->launches++;
}

__attribute__((noinline)) static void count_slowly(
	const struct hook *hook, void *function, void *stream)
{
	uint32_t generation = generation_now(), kernel = 0;
	bool capturing = capture_is_on(), captured;
	struct remembered_launch *place;
	struct context *context;
	int saved = errno;

	if (lock_is_held()) { /* from a signal handler */
		gap(GAP_NOT_OBSERVED);
		return;
	}
	if (!thread_ready())
		return;
	place = place_of(function, stream);
	captured = capturing && capture_has(hook, stream);
	context = stream_context(stream);
	if (context) {
		add(context->row, captured);
		kernel = kernel_row(function, context->device);
		if (kernel)
			add(kernel, captured);
		else
			gap(GAP_KERNEL_NAMES);
	} else {
		gap(GAP_CONTEXTS);
	}
	/* A stream of a context that is not current is too rare to be remembered. */
	if (context && context == context_current()) {
		place->function = function;
		place->stream = stream;
		place->key.generation = kernel && !capturing ? generation : 0;
		place->key.row = context->row;
		place->row = kernel;
	}
	errno = saved;
}

static inline void count(const struct hook *hook, void *function, void *stream)
{
	struct segment_slot *block = thread_self.entry->block;
	const struct remembered_launch *place = place_of(function, stream);
	uint32_t generation = generation_now();

	if (block && thread_self.view.key.generation == generation &&
		place->key.both == thread_self.view.key.both && place->function == function &&
		place->stream == stream) {
		block[place->key.row].launches++;
		block[place->row].launches++;
	} else {
		count_slowly(hook, function, stream);
	}
}

/* (function, ..., stream, ...): by far the most of all calls, so nothing is looked up for it. */
static void after_launch_kernel(struct frame *frame, int status)
{
	(void)status;
	count(frame->hook, ARGUMENT(frame, 0, void *), ARGUMENT(frame, 8, void *));
}

/* The function is the first argument. */
static void after_launch(struct frame *frame, int status)
{
	uint8_t stream = frame->hook->observer->stream;

	if (status)
		hook_failed(frame->hook, status);
	else
		count(frame->hook, ARGUMENT(frame, 0, void *),
			stream ? ARGUMENT(frame, stream, void *) : NULL);
}

static void after_launch_ex(struct frame *frame, int status)
{
	const struct cu_launch_config *config = ARGUMENT(frame, 0, const struct cu_launch_config *);

	if (status)
		hook_failed(frame->hook, status);
	else
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
	{ "cuLaunchKernel", NULL, after_launch_kernel, .arguments = FIRST_AND_NINTH,
		.direct = true },
	{ "cuLaunchKernelEx", NULL, after_launch_ex, .direct = true },
	{ "cuLaunchCooperativeKernel", NULL, after_launch_kernel, .arguments = FIRST_AND_NINTH,
		.direct = true },
	{ "cuLaunchCooperativeKernelMultiDevice", NULL, after_multi_device },
	{ "cuLaunch", NULL, after_launch, .direct = true },
	{ "cuLaunchGrid", NULL, after_launch, .direct = true },
	{ "cuLaunchGridAsync", NULL, after_launch, .stream = 3, .direct = true },
	{ NULL },
};
