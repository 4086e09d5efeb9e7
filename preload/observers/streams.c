#include "streams.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "generation.h"
#include "observers.h"
#include "own_call.h"
#include "remembered.h"

static struct own_call get_context_call = { "cuStreamGetCtx" };

static struct context *ask(void *stream)
{
	int (*get_context)(void *stream, void **context) = own_call(&get_context_call);
	struct context *context = NULL;
	void *handle;

	if (get_context && !get_context(stream, &handle))
		context = context_of(handle);
	return context;
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

/* Its handle may soon be that of another context's stream. */
static void before_destroy(struct frame *frame)
{
	(void)frame;
	generation_changes();
}

const struct observer stream_observers[] = {
	{ "cuStreamDestroy", before_destroy, NULL },
	{ "cuStreamDestroy_v2", before_destroy, NULL },
	{ NULL },
};
