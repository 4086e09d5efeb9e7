/* SPDX-License-Identifier: MIT */
#include "readable.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 }; /* or a part of one */

/* rt_sigprocmask(2) reads eight bytes, and then knows no such way to set a mask. */
static bool is_there(uintptr_t at)
{
	int saved = errno;
	bool there = syscall(SYS_rt_sigprocmask, -1, at & ~(uintptr_t)7, NULL, 8) == -1 &&
		     errno != EFAULT;

	errno = saved;
	return there;
}

bool readable_memory(const void *from, size_t size)
{
	uintptr_t first = (uintptr_t)from, end = first + size;

	if (end < first)
		return false;
	for (uintptr_t at = first; at < end; at = (at | (PAGE - 1)) + 1)
		if (!is_there(at))
			return false;
	return true;
}

/* `known`: the last page that was there. Most texts of an environment stand side by side. */
static bool is_text(const char *text, uintptr_t *known)
{
	for (;;) {
		uintptr_t at = (uintptr_t)text, page = at & ~(uintptr_t)(PAGE - 1);

		if (page != *known && !is_there(at))
			return false;
		*known = page;
		if (memchr(text, 0, page + PAGE - at))
			return true;
		text += page + PAGE - at;
	}
}

bool readable_text(const char *text)
{
	uintptr_t known = 0;

	return text && is_text(text, &known);
}

bool readable_list(char *const list[])
{
	uintptr_t texts = 0, entries = 0;

	for (; list; list++) {
		uintptr_t page = ((uintptr_t)list + sizeof(*list) - 1) & ~(uintptr_t)(PAGE - 1);

		if (page != entries && !readable_memory(list, sizeof(*list)))
			return false;
		entries = page;
		if (!*list)
			break;
		if (!is_text(*list, &texts))
			return false;
	}
	return true;
}
