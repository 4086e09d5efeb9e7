/* SPDX-License-Identifier: MIT */
/*
 * Whether memory that a program names in a system call is there: the kernel says EFAULT where it is
 * not, and reading it would be the end of the program. A system call a page; errno is kept.
 */
#ifndef GPUSPY_GROUND_READABLE_H
#define GPUSPY_GROUND_READABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Under valgrind, which tells the program's user of each such call: all is from then on. */
void readable_is_all(void);

bool readable_memory(const void *from, size_t size);

/* Up to its 0; NULL is none. */
bool readable_text(const char *text);

/* Up to its NULL, with what is in it. NULL is an empty one, as for execve(2). */
bool readable_list(char *const list[]);

#endif
