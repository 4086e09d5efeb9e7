/* SPDX-License-Identifier: MIT */
#include "readable.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 }; /* or a part of one */

static bool all;

void readable_is_all(void)
{
	all = true;
}

/* rt_sigprocmask(2) reads eight bytes, and then knows no such way to set a mask. */
static bool is_there(uintptr_t at)
{
	int saved = errno;
	bool there = all;

	if (!there)
		there = syscall(SYS_rt_sigprocmask, -1, at & ~(uintptr_t)7, NULL, 8) == -1 &&
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

/*
 * The last pages that were there. An environment and its texts stand side by side on the stack, and
 * in the heap what the program has changed.
 */
struct known {
	uintptr_t pages[4];
	unsigned next;
};

static bool is_page_of(struct known *known, uintptr_t at)
{
	uintptr_t page = at & ~(uintptr_t)(PAGE - 1);

	for (unsigned i = 0; i < 4 && page; i++)
		if (known->pages[i] == page)
			return true;
	if (!is_there(page))
		return false;
	known->pages[known->next++ % 4] = page;
	return true;
}

static bool is_text(const char *text, struct known *known)
{
	for (;;) {
		uintptr_t at = (uintptr_t)text, end = (at | (PAGE - 1)) + 1;

		if (!is_page_of(known, at))
			return false;
		if (memchr(text, 0, end - at))
			return true;
		text += end - at;
	}
}

bool readable_text(const char *text)
{
	struct known known = { .next = 0 };

	return text && is_text(text, &known);
}

bool readable_list(char *const list[])
{
	struct known known = { .next = 0 };

	for (; list; list++) {
		uintptr_t first = (uintptr_t)list, last = first + sizeof(*list) - 1;

		if (!is_page_of(&known, first) || !is_page_of(&known, last))
			return false;
		if (!*list)
			break;
		if (!is_text(*list, &known))
			return false;
	}
	return true;
}
