/* SPDX-License-Identifier: MIT */
/* Textures and surfaces: objects that remember what they were made of. No kernel here reads one. */
#include "export.h"
#include "state.h"

#include <stddef.h>
#include <string.h>

static enum cu_status make(uint64_t *out, enum object_kind kind, const void *resource,
	const void *sampling, const void *view)
{
	struct texture *made;

	if (!out || !resource || (kind == OBJECT_TEXTURE && !sampling))
		return CU_ERROR_INVALID_VALUE;
	made = object_new(kind);
	if (!made)
		return CU_ERROR_OUT_OF_MEMORY;
	memcpy(made->resource, resource, sizeof(made->resource));
	if (sampling)
		memcpy(made->sampling, sampling, sizeof(made->sampling));
	if (view)
		memcpy(made->view, view, sizeof(made->view));
	made->has_view = view != NULL;
	*out = (uintptr_t)made;
	return CU_OK;
}

static struct texture *get(enum object_kind kind, uint64_t handle)
{
	return object_get(kind, (const void *)(uintptr_t)handle);
}

static enum cu_status end(enum object_kind kind, uint64_t handle)
{
	struct texture *texture = get(kind, handle);

	if (!texture)
		return CU_ERROR_INVALID_VALUE;
	object_free(texture);
	return CU_OK;
}

static enum cu_status tell(void *out, const struct texture *texture, size_t at, size_t bytes)
{
	if (!out || !texture)
		return CU_ERROR_INVALID_VALUE;
	memcpy(out, (const char *)texture + at, bytes);
	return CU_OK;
}

#define TELL(out, object, part) \
	tell(out, object, offsetof(struct texture, part), sizeof(((struct texture *)0)->part))

FUNCTION(cuTexObjectCreate,
	(uint64_t * out, const void *resource, const void *sampling, const void *view),
	(out, resource, sampling, view))
{
	return make(out, OBJECT_TEXTURE, resource, sampling, view);
}

FUNCTION(cuTexObjectDestroy, (uint64_t handle), (handle))
{
	return end(OBJECT_TEXTURE, handle);
}

FUNCTION(cuTexObjectGetResourceDesc, (void *out, uint64_t handle), (out, handle))
{
	return TELL(out, get(OBJECT_TEXTURE, handle), resource);
}

FUNCTION(cuTexObjectGetTextureDesc, (void *out, uint64_t handle), (out, handle))
{
	return TELL(out, get(OBJECT_TEXTURE, handle), sampling);
}

FUNCTION(cuTexObjectGetResourceViewDesc, (void *out, uint64_t handle), (out, handle))
{
	struct texture *texture = get(OBJECT_TEXTURE, handle);

	if (texture && !texture->has_view)
		return CU_ERROR_INVALID_VALUE;
	return TELL(out, texture, view);
}

FUNCTION(cuSurfObjectCreate, (uint64_t * out, const void *resource), (out, resource))
{
	return make(out, OBJECT_SURFACE, resource, NULL, NULL);
}

FUNCTION(cuSurfObjectDestroy, (uint64_t handle), (handle))
{
	return end(OBJECT_SURFACE, handle);
}

FUNCTION(cuSurfObjectGetResourceDesc, (void *out, uint64_t handle), (out, handle))
{
	return TELL(out, get(OBJECT_SURFACE, handle), resource);
}
