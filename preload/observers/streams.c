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
static struct own_call get_flags_call = { "cuStreamGetFlags" };

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

/* Not one of the default ones. */
static bool is_made(const void *stream)
{
	return stream && stream != CU_STREAM_HANDLE_LEGACY && stream != CU_STREAM_HANDLE_PER_THREAD;
}

static struct remembered_stream *place_of(const void *stream)
{
	return &remembered()->streams[((uintptr_t)stream >> 4) % REMEMBERED_STREAMS];
}

struct context *stream_context(void *stream)
{
	struct remembered_stream *place = place_of(stream);
	uint32_t now = generation_now();
	struct context *context;

	if (!is_made(stream))
		return context_current();
	if (place->stream == stream && place->generation == now)
		return place->context;
	context = ask(stream);
	if (!context) /* the driver does not say so while the current context has a fault */
		return context_current();
	*place = (struct remembered_stream){
		.stream = stream, .context = context, .generation = now
	};
	return context;
}

/* Numbers of threads are used again (hooks/threads.h), and their default streams are not. */
static __thread uint32_t own_number __attribute__((tls_model("initial-exec")));

uint64_t stream_own_key(void)
{
	static uint32_t threads;

	if (!own_number)
		own_number = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
	return 1ull << 63 | (uint64_t)own_number << 16;
}

/* It is another one in each context. */
static uint64_t own_key_in(const struct context *context)
{
	_Static_assert(SEGMENT_ROWS_MAX <= 1 << 16, "a row fits");
	return stream_own_key() | context->row;
}

uint64_t stream_key(const struct context *context, void *stream)
{
	if (is_made(stream))
		return (uintptr_t)stream;
	if (!context)
		return 0;
	return stream == CU_STREAM_HANDLE_PER_THREAD ? own_key_in(context) : (uintptr_t)context;
}

/*
 * One that the driver does not tell of is taken for one that waits for no other: then it confirms
 * less than it could.
 */
static bool is_blocking(void *stream)
{
	int (*get_flags)(void *stream, unsigned *flags);
	unsigned flags;

	if (!is_made(stream))
		return true;
	get_flags = own_call(&get_flags_call);
	return get_flags && !get_flags(stream, &flags) && !(flags & CU_STREAM_NON_BLOCKING);
}

bool stream_blocks(struct context *context, void *stream)
{
	const struct lane *lane = lane_find(&context->lane, stream_key(context, stream));

	return lane ? lane->blocking : is_blocking(stream);
}

static struct lane *new_lane(struct context *context, void *stream, uint64_t key)
{
	bool own = stream == CU_STREAM_HANDLE_PER_THREAD;
	struct lane_stream new = { .key = key, .blocking = is_blocking(stream) };

	if (own)
		new.thread = thread_number() + 1;
	return lane_make(&context->lane, &new);
}

struct lane *stream_lane(struct context *context, void *stream)
{
	struct remembered_stream *place = is_made(stream) ? place_of(stream) : NULL;
	struct lane *lane;
	uint64_t key;

	if (!context || context->common)
		return context ? &context->lane : NULL;
	if (place && (place->stream != stream || place->context != context))
		place = NULL; /* the driver did not say whose it is */
	if (place && place->lane)
		return place->lane;
	key = stream_key(context, stream);
	lane = lane_find(&context->lane, key);
	if (!lane)
		lane = new_lane(context, stream, key);
	if (place)
		place->lane = lane;
	return lane;
}

/* Its handle may soon be that of another context's stream. */
static void before_destroy(struct frame *frame)
{
	void *stream = ARGUMENT(frame, 0, void *);
	struct context *context = is_made(stream) ? stream_context(stream) : NULL;
	uint64_t key = (uintptr_t)stream;

	note_of(frame)->stream_ending.past = stream_forget(key);
	if (context)
		note_of(frame)->stream_ending.lane = lane_stream_ends(&context->lane, key);
	capture_stream_ends(stream);
	generation_changes();
}

static void after_destroy(struct frame *frame, int status)
{
	struct past *past = note_of(frame)->stream_ending.past;
	struct lane *lane = note_of(frame)->stream_ending.lane;
	uint64_t key = ARGUMENT(frame, 0, uintptr_t);

	if (status && lane)
		lane_stream_lives_on(lane, key);
	if (past && status)
		stream_remember(key, past);
	else
		past_free(past);
}

const struct observer stream_observers[] = {
	{ "cuStreamDestroy", before_destroy, after_destroy },
	{ "cuStreamDestroy_v2", before_destroy, after_destroy },
	{ NULL },
};
