/* SPDX-License-Identifier: MIT */
#include "gaps.h"

#include <errno.h>
#include <stddef.h>

#include "../ground/fork.h"
#include "../ground/large.h"
#include "writer.h"

struct segment_header *segment; /* here, for a gap may come before there is one */

LARGE static uint64_t waiting[SEGMENT_GAPS_MAX];

/* In a child that has none of its own yet, what is mapped is its parent's. */
static uint64_t *numbers(void)
{
	struct segment_header *header = __atomic_load_n(&segment, __ATOMIC_ACQUIRE);

	return header && !fork_happened() ? header->gaps : waiting;
}

void gap_add(enum gap gap, uint64_t count)
{
	__atomic_fetch_add(&numbers()[gap], count, __ATOMIC_RELAXED);
}

void gaps_settle(void)
{
	if (numbers() == waiting)
		return;
	for (int i = 0; i < GAPS; i++)
		if (__atomic_load_n(&waiting[i], __ATOMIC_RELAXED))
			gap_add((enum gap)i, __atomic_exchange_n(&waiting[i], 0, __ATOMIC_RELAXED));
}

const uint64_t *gaps_waiting(void)
{
	return waiting;
}

enum gap gap_of_error(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return GAP_NO_SPACE;
	case EROFS:
		return GAP_READ_ONLY;
	case EXDEV: /* writer.c: it is somebody else's */
		return GAP_FOREIGN_FOLDER;
	case EMFILE:
	case ENFILE:
		return GAP_NO_DESCRIPTORS;
	case EACCES:
	case EPERM:
		return GAP_NO_PERMISSION;
	case EFBIG:
		return GAP_SIZE_LIMIT;
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return GAP_NO_FOLDER;
	default:
		return GAP_FILE_FAILED;
	}
}
