/* SPDX-License-Identifier: MIT */
/*
 * What may be done with a place in memory, as the kernel says: asked by futex(2), which every
 * process is allowed and which answers EFAULT. No signal is raised.
 */
#ifndef GPUSPY_GROUND_PAGE_H
#define GPUSPY_GROUND_PAGE_H

#include <stdbool.h>

bool page_is_readable(const void *address);

/* As after a write to it: a page that was shared with its file is so no more. */
bool page_is_writable(void *address);

#endif
