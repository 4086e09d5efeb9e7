/* SPDX-License-Identifier: MIT */
/*
 * Kernel launches, by every entry point.
 */
#include <errno.h>
#include <stddef.h>

#include "../cuda/abi.h"
#include "../ground/count.h"
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
#include "waits.h"

/*
 * No lock, no call, and nothing that other threads write is on the way of a launch of a kernel that
 * this thread launched lately.
 */
static struct remembered_launch *place_of(const void *function, uint64_t stream)
{
	uint64_t both = (uintptr_t)function + (stream << 1);

	_Static_assert(REMEMBERED_LAUNCHES == 1 << (64 - 57), "one place for each value");
	return &remembered()->launches[both * 0x9e3779b97f4a7c15ull >> 57];
}

/* The thread's own stream has one handle in all threads. */
static inline uint64_t key_of(const void *stream)
{
	return stream == CU_STREAM_HANDLE_PER_THREAD ? stream_own_key() : (uintptr_t)stream;
}

/* A kernel's row and its stream's count the same thing: launches that ran, launches recorded. */
static void add(uint32_t row, bool captured)
{
	struct segment_slot *slot = thread_slot(row);

	if (captured)
		count_one(&slot->captured);
	else
		count_one(&slot->launches);
}

/* `frame`: that of a call which noted what was known of its stream, or NULL. */
__attribute__((noinline)) static void count_slowly(
	const struct frame *frame, void *function, void *stream)
{
	union observers_now now = { { generation_now(), 0 } };
	uint32_t kernel = 0;
	struct remembered_launch *place;
	struct context *context;
	struct lane *lane;
	bool captured;
	int saved = errno;

	if (lock_is_held()) { /* from a signal handler */
		gap(GAP_NOT_OBSERVED);
		return;
	}
	if (!thread_ready())
		return;
	place = place_of(function, key_of(stream));
	captured = capture_recorded(frame, stream);
	context = stream_context(stream);
	lane = stream_lane(context, stream);
	if (lane) {
		add(lane->row, captured);
		kernel = kernel_row(function, context->device);
		if (!captured)
			writer_note_kernel();
		if (kernel)
			add(kernel, captured);
		else if (!captured)
			gap(GAP_KERNEL_NAMES);
	} else {
		gap(GAP_CONTEXTS);
	}
	/* A stream of a context that is not current is too rare to be remembered. */
	if (context && context == context_current()) {
		place->function = function;
		place->stream = key_of(stream);
		place->context = (uint16_t)context->row;
		place->lane = (uint16_t)lane->row;
		place->row = (uint16_t)kernel;
		place->now =
			kernel && capture_known_free(stream, &now.capture_epoch) ? now.both : 0;
	}
	errno = saved;
}

/* False: not counted, for it is not known. `key` is that of a stream of this thread's context. */
static inline bool count_known(const void *function, uint64_t key)
{
	struct segment_slot *block = thread_self.entry->block, *lane, *kernel;
	const struct remembered_launch *place = place_of(function, key);
	uint64_t now = __atomic_load_n(&observers_now.both, __ATOMIC_ACQUIRE);

	/* A place of this generation was made when the thread's view was; one without a row is new.
	 */
	if (!block || place->now != now || place->context != thread_self.view.row ||
		place->function != function || place->stream != key)
		return false;
	lane = &block[place->lane];
	kernel = &block[place->row];
	count_one(&lane->launches);
	count_one(&kernel->launches);
	return true;
}

static void count(const struct frame *frame, void *function, void *stream)
{
	if (!count_known(function, key_of(stream)))
		count_slowly(frame, function, stream);
}

static void *ninth_stream(const struct frame *frame)
{
	return capture_stream(frame->hook, ARGUMENT(frame, 8, void *));
}

static void before_launch_kernel(struct frame *frame)
{
	capture_before_work(frame, ninth_stream(frame));
}

__attribute__((noinline)) static int launched_otherwise(
	void *function, void *stream, const struct hook *hook)
{
	count(NULL, function, capture_stream(hook, stream));
	return 0;
}

/*
 * (function, ..., stream, ...): by far the most of all calls, so nothing is looked up for it, and
 * nothing is saved on the stack: what may call others is gone on to. From the middle of a cache
 * line it took 0.2 ns more.
 */
__attribute__((aligned(64))) static int launched_kernel(
	void *function, void *stream, const struct hook *hook)
{
	if (stream == CU_STREAM_HANDLE_PER_THREAD || (!stream && hook->flags & HOOK_PER_THREAD) ||
		!count_known(function, (uintptr_t)stream))
		return launched_otherwise(function, stream, hook);
	return 0;
}

static void after_launch_kernel(struct frame *frame, int status)
{
	if (status)
		hook_failed(frame->hook, status);
	else
		count(frame, ARGUMENT(frame, 0, void *), ninth_stream(frame));
}

/* The function is the first argument. */
static void after_launch(struct frame *frame, int status)
{
	uint8_t stream = frame->hook->observer->stream;

	if (status)
		hook_failed(frame->hook, status);
	else
		count(frame, ARGUMENT(frame, 0, void *),
			stream ? capture_stream(frame->hook, ARGUMENT(frame, stream, void *))
			       : NULL);
}

static void before_launch_ex(struct frame *frame)
{
	const struct cu_launch_config *config = ARGUMENT(frame, 0, const struct cu_launch_config *);

	if (config)
		capture_before_work(frame, capture_stream(frame->hook, config->stream));
}

/* Events that a launch records say that it came so far, and of nothing that it has finished. */
static void forget_events(const struct cu_launch_config *config)
{
	const struct cu_launch_attribute *a = config->attributes;

	for (unsigned i = 0; a && i < config->attribute_count; i++)
		if (a[i].id == CU_LAUNCH_PROGRAMMATIC_EVENT ||
			a[i].id == CU_LAUNCH_COMPLETION_EVENT)
			past_free(event_forget(a[i].event.event));
}

static void after_launch_ex(struct frame *frame, int status)
{
	const struct cu_launch_config *config = ARGUMENT(frame, 0, const struct cu_launch_config *);

	if (status) {
		hook_failed(frame->hook, status);
		return;
	}
	count(frame, ARGUMENT(frame, 1, void *), capture_stream(frame->hook, config->stream));
	if (config->attribute_count)
		forget_events(config);
}

static void after_multi_device(struct frame *frame, int status)
{
	const struct cu_launch_params *list = ARGUMENT(frame, 0, const struct cu_launch_params *);
	unsigned n = ARGUMENT(frame, 1, unsigned);

	for (unsigned i = 0; !status && i < n; i++)
		count(NULL, list[i].function, capture_stream(frame->hook, list[i].stream));
}

const struct observer launch_observers[] = {
	{ "cuLaunchKernel", before_launch_kernel, after_launch_kernel, launched_kernel,
		.arguments = FIRST_AND_NINTH, .direct = true, .dozes = true },
	{ "cuLaunchKernelEx", before_launch_ex, after_launch_ex, .direct = true, .dozes = true },
	{ "cuLaunchCooperativeKernel", before_launch_kernel, after_launch_kernel, launched_kernel,
		.arguments = FIRST_AND_NINTH, .direct = true, .dozes = true },
	{ "cuLaunchCooperativeKernelMultiDevice", NULL, after_multi_device },
	{ "cuLaunch", NULL, after_launch, .direct = true },
	{ "cuLaunchGrid", NULL, after_launch, .direct = true },
	{ "cuLaunchGridAsync", capture_before, after_launch, .stream = 3, .direct = true,
		.dozes = true },
	{ NULL },
};
