/* SPDX-License-Identifier: MIT */
/* Descriptors of the stand-in cuDNN: host memory only, so they work without a device. */
#ifndef STANDIN_DESCRIPTOR_H
#define STANDIN_DESCRIPTOR_H

#include <stdlib.h>

#include "cudnn.h"

static inline int descriptor_create(enum dnn_kind kind, int type, void **result)
{
	struct dnn_descriptor *descriptor;

	if (!result)
		return DNN_BAD_PARAM;
	descriptor = calloc(1, sizeof(*descriptor));
	if (!descriptor)
		return DNN_NO_MEMORY;
	descriptor->kind = kind;
	descriptor->type = type;
	*result = descriptor;
	return DNN_OK;
}

static inline int descriptor_bad(const void *pointer, enum dnn_kind kind)
{
	const struct dnn_descriptor *descriptor = pointer;

	return !descriptor || descriptor->kind != kind ? DNN_BAD_PARAM : DNN_OK;
}

static inline int descriptor_destroy(void *pointer, enum dnn_kind kind)
{
	if (descriptor_bad(pointer, kind))
		return DNN_BAD_PARAM;
	((struct dnn_descriptor *)pointer)->kind = 0;
	free(pointer);
	return DNN_OK;
}

#endif
