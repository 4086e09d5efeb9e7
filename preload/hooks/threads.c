/* SPDX-License-Identifier: MIT */
#include "threads.h"

#include <errno.h>
#include <pthread.h>

#include "../ground/fork.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../objects/functions.h"
#include "../segment/blocks.h"
#include "../segment/writer.h"
#include "../session/filtered.h"
#include "../session/process.h"
#include "frames.h"
#include "hooks.h"

static struct thread_entry nobody; /* without a block, for ever */

__thread struct thread thread_self
	__attribute__((tls_model("initial-exec"))) = { .entry = &nobody };

_Static_assert(offsetof(struct thread, frame) == 0, "hooks.S");
_Static_assert(offsetof(struct thread, entry) == 8, "hooks.S");
_Static_assert(sizeof(struct frame) == 128, "hooks.S");
_Static_assert(sizeof(struct thread_entry) == sizeof(void *), "a pointer of the fork page");
_Static_assert((int)SEGMENT_BLOCKS_MAX <= (int)FORK_POINTERS, "");

/* By number, made when first needed. All of this under LOCK_SEGMENT. */
LARGE static void *areas[SEGMENT_BLOCKS_MAX];
LARGE static struct segment_slot *blocks[SEGMENT_BLOCKS_MAX];
LARGE static uint16_t free_numbers[SEGMENT_BLOCKS_MAX];
static unsigned n_free, n_used; /* numbers below n_used are taken or in free_numbers */
/* Numbers below are the parent's, and one of them is still the thread's that forked. */
static unsigned n_inherited;

static pthread_key_t end_key;
static enum { END_UNKNOWN, END_KEY, END_DESTRUCTOR } how_ends;

/* glibc's way for C++'s thread_local: needs no key, where a program has taken them all, or where
 * there is no libpthread yet. */
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *library);
extern void *__dso_handle __attribute__((visibility("hidden")));

static struct thread_entry *entries(void)
{
	return (struct thread_entry *)fork_page->pointers;
}

static void thread_ends(void *entry)
{
	unsigned number = (unsigned)((struct thread_entry *)entry - entries());

	lock_take(LOCK_SEGMENT);
	/* In a child the numbers start anew; this thread's may be somebody else's there. */
	if (thread_self.entry == entry && thread_self.entry->block) {
		thread_self.entry->block = NULL;
		thread_self.entry = &nobody;
		areas[number] = frames_end(thread_self.area);
		thread_self.frame = NULL;
		free_numbers[n_free++] = (uint16_t)number;
	}
	lock_give(LOCK_SEGMENT);
}

/* Under LOCK_SEGMENT. */
static void block_moved(const struct segment_slot *from, struct segment_slot *to)
{
	for (unsigned i = 0; i < SEGMENT_BLOCKS_MAX && i <= n_used; i++) {
		if (blocks[i] != from)
			continue;
		blocks[i] = to;
		if (entries()[i].block == from)
			__atomic_store_n(&entries()[i].block, to, __ATOMIC_RELEASE);
		return;
	}
}

/* What the number stands for is there. */
static int equip(unsigned number)
{
	if (!blocks[number])
		blocks[number] = blocks_new(block_moved);
	if (!areas[number])
		areas[number] = frames_first_area();
	return blocks[number] && areas[number] ? 0 : -1;
}

static bool make_end_key(void)
{
	return __atomic_load_n(&loader_threads.key_create, __ATOMIC_ACQUIRE) &&
	       !loader_threads.key_create(&end_key, thread_ends);
}

/* Under LOCK_SEGMENT. */
static int attach(void)
{
	unsigned number;

	if (how_ends == END_UNKNOWN)
		how_ends = make_end_key() ? END_KEY : END_DESTRUCTOR;
	if (!n_free && n_used == SEGMENT_BLOCKS_MAX)
		return -1;
	number = n_free ? free_numbers[n_free - 1] : n_used;
	if (thread_self.frame) /* the forker: its calls on their way have their frames there */
		areas[number] = thread_self.area;
	if (equip(number))
		return -1;
	if (n_free)
		n_free--;
	else
		n_used++;
	if (thread_self.frame)
		for (; n_inherited; n_inherited--)
			free_numbers[n_free++] = (uint16_t)(n_inherited - 1);
	else
		thread_self.frame = frames_first(areas[number]);
	thread_self.area = areas[number];
	thread_self.room = frames_room(areas[number]);
	thread_self.entry = &entries()[number];
	thread_self.entry->block = blocks[number];
	return 0;
}

/* Not under a lock: both may allocate. */
static void tell_end(void)
{
	if (how_ends == END_KEY)
		loader_threads.setspecific(end_key, thread_self.entry);
	else
		__cxa_thread_atexit_impl(thread_ends, thread_self.entry, &__dso_handle);
}

int thread_attach(void)
{
	int saved = errno, status = -1;

	if (filter_kills_counting())
		return -1;
	if (!process_touch()) {
		lock_take(LOCK_SEGMENT);
		status = attach();
		lock_give(LOCK_SEGMENT);
		if (!status)
			tell_end();
	}
	errno = saved;
	return status;
}

bool thread_ready(void)
{
	if (thread_self.entry->block)
		return true;
	return !fork_happened() && !lock_is_held() && !thread_attach();
}

unsigned thread_number(void)
{
	return (unsigned)(thread_self.entry - entries());
}

bool thread_in_call(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return thread_self.frame && frames_have_call(thread_self.area, here);
}

void threads_forget(void)
{
	/* One more: another thread of the parent may have been on its way to the next number. */
	for (unsigned i = 0; i <= n_used && i < SEGMENT_BLOCKS_MAX; i++) {
		areas[i] = NULL;
		blocks[i] = NULL;
	}
	frames_forget();
	n_inherited = n_used;
	n_free = 0;
}
