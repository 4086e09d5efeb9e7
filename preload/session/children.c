/* SPDX-License-Identifier: MIT */
#include "children.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../ground/fork.h"
#include "../segment/alive.h"

/* Beyond so many only their number is known. */
enum { CHILDREN_MAX = 1000 };

/* The forker has read how many were out of sight, and may have ended. */
static const uint32_t TOLD = 1u << 31;

static struct children {
	uint32_t without_file, segments;
	uint32_t out_of_sight; /* programs that were started where the owner cannot be told */
	pid_t pids[CHILDREN_MAX];
} * children;
static pid_t forker;

void children_share(void)
{
	void *page = mmap(
		NULL, sizeof(*children), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	children = page == MAP_FAILED ? NULL : page;
	forker = getpid();
}

const void *children_shared(void)
{
	return children;
}

static bool is_child(void)
{
	return children && !(getpid() == forker && fork_is_first());
}

void children_tell(bool in_file)
{
	uint32_t number;

	if (!is_child())
		return;
	number = __atomic_fetch_add(&children->segments, 1, __ATOMIC_RELAXED);
	if (number < CHILDREN_MAX)
		__atomic_store_n(&children->pids[number], getpid(), __ATOMIC_RELAXED);
	if (!in_file)
		__atomic_store_n(&children->without_file, 1, __ATOMIC_RELAXED);
}

void children_tell_lost(void)
{
	if (is_child())
		__atomic_store_n(&children->without_file, 1, __ATOMIC_RELAXED);
}

void children_forget(pid_t pid)
{
	for (uint32_t i = 0; children && i < CHILDREN_MAX; i++) {
		pid_t expected = pid;

		if (__atomic_compare_exchange_n(&children->pids[i], &expected, 0, false,
			    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return;
	}
}

static bool add_out_of_sight(void)
{
	uint32_t number;

	if (!children)
		return false;
	number = __atomic_load_n(&children->out_of_sight, __ATOMIC_RELAXED);
	do {
		if (number & TOLD)
			return false;
	} while (!__atomic_compare_exchange_n(&children->out_of_sight, &number, number + 1, false,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

bool children_note_out_of_sight(void)
{
	return is_child() && alive_has_moved() && add_out_of_sight();
}

void children_note_filtered(void)
{
	add_out_of_sight();
}

bool children_have_segments(void)
{
	return children && __atomic_load_n(&children->segments, __ATOMIC_RELAXED);
}

unsigned children_lost(bool (*has_record)(void *context, pid_t pid), void *context)
{
	uint32_t n;

	if (!children || is_child())
		return 0;
	n = __atomic_load_n(&children->segments, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < n && i < CHILDREN_MAX; i++) {
		pid_t pid = __atomic_load_n(&children->pids[i], __ATOMIC_RELAXED);

		if (pid && !has_record(context, pid))
			return 1;
	}
	return __atomic_load_n(&children->without_file, __ATOMIC_RELAXED);
}

unsigned children_out_of_sight(void)
{
	return children ? __atomic_fetch_or(&children->out_of_sight, TOLD, __ATOMIC_RELAXED) & ~TOLD
			: 0;
}
