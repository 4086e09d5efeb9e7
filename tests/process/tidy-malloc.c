/* SPDX-License-Identifier: MIT */
/* A preloaded allocator that tidies the environment at its first call, as heaptrack's does. */
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *old, size_t size);

static void begin(void)
{
	static int begun;

	if (!begun++)
		unsetenv("TIDY_MALLOC");
}

void *malloc(size_t size)
{
	begin();
	return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	begin();
	return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
	begin();
	return __libc_realloc(old, size);
}
