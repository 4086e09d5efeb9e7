#include "capture.h"

#include <stddef.h>

#include "../cuda/abi.h"
#include "generation.h"
#include "observers.h"
#include "own_call.h"

static unsigned captures; /* begun and not ended; too high is slow, too low would be wrong */

static struct own_call is_capturing_call = { "cuStreamIsCapturing" };

bool capture_is_on(void)
{
	return __atomic_load_n(&captures, __ATOMIC_ACQUIRE);
}

bool capture_has(const struct hook *hook, void *stream)
{
	int (*is_capturing)(void *stream, int *status);
	int status;

	if (!capture_is_on())
		return false;
	if (!stream && hook->flags & HOOK_PER_THREAD)
		stream = CU_STREAM_HANDLE_PER_THREAD;
	/* The legacy stream cannot be captured, and asking about it is an error while others are.
	 */
	if (!stream || stream == CU_STREAM_HANDLE_LEGACY)
		return false;
	is_capturing = own_call(&is_capturing_call);
	return is_capturing && !is_capturing(stream, &status) && status == CU_CAPTURE_ACTIVE;
}

void capture_after_begin(struct frame *frame, int status)
{
	(void)frame;
	if (status)
		return;
	__atomic_fetch_add(&captures, 1, __ATOMIC_ACQ_REL);
	generation_changes();
}

/* A capture that went wrong ends too, with one of these errors. */
static bool has_ended(int status)
{
	return !status || status == CU_ERROR_CAPTURE_INVALIDATED ||
	       status == CU_ERROR_CAPTURE_UNJOINED;
}

void capture_after_end(struct frame *frame, int status)
{
	unsigned now = __atomic_load_n(&captures, __ATOMIC_RELAXED);

	(void)frame;
	if (!has_ended(status))
		return;
	while (now && !__atomic_compare_exchange_n(
			      &captures, &now, now - 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		continue;
}
