/* SPDX-License-Identifier: MIT */
/* Setting memory: 1D is one line of 2D. */
#include "capture.h"
#include "export.h"
#include "graph.h"
#include "memory.h"

#include <string.h>

static bool sound(const struct work *work)
{
	size_t line = work->set.width * work->set.element;

	if (!work->set.width || !work->set.height)
		return true;
	if (work->set.height > 1 && work->set.pitch < line)
		return false;
	return memory_covers(work->set.to, (work->set.height - 1) * work->set.pitch + line) &&
	       work->set.to % work->set.element == 0;
}

enum cu_status set_run(const struct work *work)
{
	if (!sound(work))
		return CU_ERROR_INVALID_VALUE;
	for (size_t y = 0; y < work->set.height; y++) {
		char *line = (char *)(uintptr_t)work->set.to + y * work->set.pitch;

		for (size_t x = 0; x < work->set.width; x++)
			memcpy(line + x * work->set.element, &work->set.value, work->set.element);
	}
	return CU_OK;
}

static enum cu_status submit(struct work *work, void *handle, bool waits)
{
	struct stream *stream = stream_get(waits ? NULL : handle);
	enum cu_status status = CU_OK;

	if (!stream)
		return CU_ERROR_INVALID_HANDLE;
	work->set.context = stream->context;
	if (!sound(work))
		return CU_ERROR_INVALID_VALUE;
	if (waits)
		status = capture_forbids_waiting(stream);
	return status == CU_OK ? work_submit(stream, work) : status;
}

static enum cu_status set(cu_pointer to, size_t pitch, unsigned value, unsigned element,
	size_t width, size_t height, void *stream, bool waits)
{
	struct work work = { .type = CU_NODE_MEMSET };

	work.set.to = to;
	work.set.pitch = pitch;
	work.set.value = value;
	work.set.element = element;
	work.set.width = width;
	work.set.height = height;
	return submit(&work, stream, waits);
}

#define SETS(suffix, type)                                                                    \
	FUNCTION_PTDS(                                                                        \
		cuMemset##suffix##_v2, (cu_pointer to, type value, size_t n), (to, value, n)) \
	{                                                                                     \
		return set(to, 0, value, sizeof(type), n, 1, NULL, true);                     \
	}                                                                                     \
	FUNCTION_PTSZ(cuMemset##suffix##Async,                                                \
		(cu_pointer to, type value, size_t n, void *stream), (to, value, n, stream))  \
	{                                                                                     \
		return set(to, 0, value, sizeof(type), n, 1, stream, false);                  \
	}

#define SETS_2D(suffix, type)                                                             \
	FUNCTION_PTDS(cuMemset##suffix##_v2,                                              \
		(cu_pointer to, size_t pitch, type value, size_t width, size_t height),   \
		(to, pitch, value, width, height))                                        \
	{                                                                                 \
		return set(to, pitch, value, sizeof(type), width, height, NULL, true);    \
	}                                                                                 \
	FUNCTION_PTSZ(cuMemset##suffix##Async,                                            \
		(cu_pointer to, size_t pitch, type value, size_t width, size_t height,    \
			void *stream),                                                    \
		(to, pitch, value, width, height, stream))                                \
	{                                                                                 \
		return set(to, pitch, value, sizeof(type), width, height, stream, false); \
	}

SETS(D8, unsigned char)
SETS(D16, unsigned short)
SETS(D32, unsigned)
SETS_2D(D2D8, unsigned char)
SETS_2D(D2D16, unsigned short)
SETS_2D(D2D32, unsigned)
