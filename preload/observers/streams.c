/* SPDX-License-Identifier: MIT */
#include "streams.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "capture.h"
#include "generation.h"
#include "note.h"
#include "observers.h"
#include "own_call.h"
#include "remembered.h"
#include "waits.h"

static struct own_call get_context_call = { "cuStreamGetCtx" };
static struct own_call get_device_call = { "cuStreamGetDevice" };

/* Of a context that was never current, a stream of a green one for example, nothing is known yet.
 */
static struct context *new_context(void *stream, void *handle)
{
	int (*get_device)(void *stream, cu_device *device) = own_call(&get_device_call);
	cu_device device;

	return get_device && !get_device(stream, &device) ? context_given(handle, device) : NULL;
}

static struct context *ask(void *stream)
{
	int (*get_context)(void *stream, void **context) = own_call(&get_context_call);
	struct context *context;
	void *handle;

	if (!get_context || get_context(stream, &handle) || !handle)
		return NULL;
	context = context_of(handle);
	return context ? context : new_context(stream, handle);
}

struct context *stream_context(void *stream)
{
	struct remembered_stream *place =
		&remembered()->streams[((uintptr_t)stream >> 4) % REMEMBERED_STREAMS];
	uint32_t now = generation_now();
	struct context *context;

	if (!stream || stream == CU_STREAM_HANDLE_LEGACY || stream == CU_STREAM_HANDLE_PER_THREAD)
		return context_current();
	if (place->stream == stream && place->generation == now)
		return place->context;
	context = ask(stream);
	if (!context) /* the driver does not say so while the current context has a fault */
		return context_current();
	place->stream = stream;
	place->context = context;
	place->generation = now;
	return context;
}

/* Numbers of threads are used again (hooks/threads.h), and their default streams are not. */
static uint64_t own_stream_key(const struct context *context)
{
	static __thread uint32_t thread __attribute__((tls_model("initial-exec")));
	static uint32_t threads;

	if (!thread)
		thread = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
	_Static_assert(SEGMENT_ROWS_MAX <= 1 << 16, "a row fits");
	return 1ull << 63 | (uint64_t)thread << 16 | context->row;
}

uint64_t stream_key(const struct hook *hook, void *stream)
{
	const struct context *context;

	if (stream && stream != CU_STREAM_HANDLE_LEGACY && stream != CU_STREAM_HANDLE_PER_THREAD)
		return (uintptr_t)stream;
	context = context_current();
	if (!context)
		return 0;
	if (stream == CU_STREAM_HANDLE_PER_THREAD || (!stream && hook->flags & HOOK_PER_THREAD))
		return own_stream_key(context);
	return (uintptr_t)context;
}

/* Its handle may soon be that of another context's stream. */
static void before_destroy(struct frame *frame)
{
	note_of(frame)->past = stream_forget(ARGUMENT(frame, 0, uintptr_t));
	capture_stream_ends(ARGUMENT(frame, 0, void *));
	generation_changes();
}

static void after_destroy(struct frame *frame, int status)
{
	struct past *past = note_of(frame)->past;
	void *stream = ARGUMENT(frame, 0, void *);

	if (past && status)
		stream_follows((uintptr_t)stream, stream_context(stream), past);
	else
		wait_free(past);
}

const struct observer stream_observers[] = {
	{ "cuStreamDestroy", before_destroy, after_destroy },
	{ "cuStreamDestroy_v2", before_destroy, after_destroy },
	{ NULL },
};
