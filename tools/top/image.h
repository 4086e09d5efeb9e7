/* SPDX-License-Identifier: MIT */
/*
 * Reads one segment, within what its user's segments may cost.
 */
#ifndef GPUSPY_TOP_IMAGE_H
#define GPUSPY_TOP_IMAGE_H

#include "folders.h"

enum image_result {
	IMAGE_READ,
	IMAGE_BROKEN,
	IMAGE_TOO_MUCH, /* time or memory ran out */
};

/* `fd`: of the file's segment. */
enum image_result image_read(
	struct image **out, struct budget *budget, int fd, struct segment_file *file);

#endif
