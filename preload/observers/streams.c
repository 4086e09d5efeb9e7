#include "streams.h"

#include <stddef.h>

#include "cuda_abi.h"
#include "generation.h"
#include "observers.h"

enum { REMEMBERED = 16 };

/* What this thread asked for lately. */
static __thread struct {
	void *stream;
	struct context *context;
	uint32_t generation;
} memory[REMEMBERED] __attribute__((tls_model("initial-exec")));

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
	unsigned place = (unsigned)((uintptr_t)stream >> 4) % REMEMBERED;
	uint32_t now = generation_now();
	struct context *context;

	if (!stream || stream == CU_STREAM_HANDLE_LEGACY || stream == CU_STREAM_HANDLE_PER_THREAD)
		return context_current();
	if (memory[place].stream == stream && memory[place].generation == now)
		return memory[place].context;
	context = ask(stream);
	if (!context) /* the driver does not say so while the current context has a fault */
		return context_current();
	memory[place].stream = stream;
	memory[place].context = context;
	memory[place].generation = now;
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
