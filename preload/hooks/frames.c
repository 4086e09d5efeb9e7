/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "../objects/elf.h"
#include "evidence.h"
#include "hooks.h"
#include "own_stack.h"
#include "routines.h"

enum { FRAMES = FRAME_AREA_SIZE / sizeof(struct frame) - 2, ASKED = 4 };

/*
 * So many areas a thread keeps that are full of calls of which only their place says that they are
 * over: that is no evidence where a stack lies inside another one (an array of main's), or is
 * copied away and comes back (greenlets).
 */
enum { KEPT = 16 };

struct area_list {
	struct area *first;
	unsigned n, turn;
};

/*
 * An address that is a multiple of the area's size means "none". What is before the first frame is
 * above all stacks: `free` is its stack pointer, for ever.
 */
struct area {
	struct area *next;  /* in the list that this one is in */
	struct range stack; /* the thread's own; empty: not asked for yet */
	uintptr_t free;
	struct area_list
		older;  /* this thread's, full of calls on their way when this one was made */
	uintptr_t high; /* the highest place on that stack of its calls, when it was full */
	char unused[sizeof(struct frame) - 5 * sizeof(uintptr_t) - sizeof(struct area_list)];
	struct frame frames[FRAMES];
	struct frame end; /* never free */
};

_Static_assert(sizeof(struct area) == FRAME_AREA_SIZE, "");

static void empty(struct area *area)
{
	for (struct frame *frame = area->frames; frame < area->frames + FRAMES; frame++)
		frame->stack = FRAME_FREE;
}

/* Areas of threads that ended, with calls on their way in them. Under the caller's lock. */
static struct area_list left_behind;

/* The room lies before the frames; what is outside of both is given back. */
static void *make_area(void)
{
	enum { NEEDED = THREAD_ROOM + FRAME_AREA_SIZE };
	char *map = mmap(NULL, NEEDED + FRAME_AREA_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *area;

	if (map == MAP_FAILED)
		return NULL;
	area = map + THREAD_ROOM;
	area += -(uintptr_t)area & (FRAME_AREA_SIZE - 1);
	if (area - THREAD_ROOM > map)
		munmap(map, (size_t)(area - THREAD_ROOM - map));
	if (map + NEEDED > area)
		munmap(area + FRAME_AREA_SIZE, (size_t)(map + NEEDED - area));
	((struct area *)area)->free = FRAME_FREE;
	((struct area *)area)->end.stack = FRAME_END;
	empty((struct area *)area);
	return area;
}

struct frame *frames_first(void *area)
{
	return ((struct area *)area)->frames;
}

void *frames_room(void *area)
{
	return (char *)area - THREAD_ROOM;
}

static void free_area(struct area *area)
{
	munmap(frames_room(area), THREAD_ROOM + FRAME_AREA_SIZE);
}

/*
 * Can it be had? Between a look and a store a signal handler may take a frame, or go on to another
 * stack whose calls do: so one that was given up is made free only if it still is what it was.
 */
static bool make_free(struct frame *frame)
{
	uintptr_t at = FRAME_GIVEN_UP;

	return __atomic_compare_exchange_n(
		       &frame->stack, &at, FRAME_FREE, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED) ||
	       at == FRAME_FREE;
}

static struct frame *drop_over(struct frame *next, struct area *area)
{
	while (next > area->frames && make_free(next - 1))
		next--;
	return next;
}

/* It may end on another thread just now. */
static void pass_by(struct frame *last, uintptr_t stack)
{
	uintptr_t at = __atomic_load_n(&last->stack, __ATOMIC_RELAXED);

	if (at > FRAME_END && at <= stack)
		__atomic_compare_exchange_n(&last->stack, &at, at | FRAME_PASSED, false,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/*
 * The first that is free from `next` on. There may be others before it where a signal handler went
 * on to another stack in the middle of hooks.S.
 */
static struct frame *first_free(struct frame *next, const struct area *area)
{
	while (next < area->frames + FRAMES && !make_free(next))
		next++;
	return next;
}

/* One that was taken by a jump out of another hooked call stands above that call's own. */
static bool has_frame_at(const struct frame *first, const struct area *area, uintptr_t stack)
{
	for (; first < area->frames + FRAMES; first++)
		if (frame_place(first) == stack && !routine_is_return(first->return_address))
			return true;
	return false;
}

/*
 * Nothing in it is on its way: then all of it is free again. Of calls at one place of a stack only
 * the latest can be (a stack that was given up in a call and used again); `newer`: an area of later
 * frames, NULL: none is looked at. `stack` 0: a place on this thread's own stack says nothing.
 */
static bool is_empty(
	struct area *area, const struct area *newer, uintptr_t stack, const struct range *own)
{
	for (struct frame *frame = area->frames; frame < area->frames + FRAMES; frame++) {
		uintptr_t at = frame_place(frame);
		bool is_own = range_has(own, at);

		if (frame_is_dead(frame, stack, own))
			continue;
		if (frame->stack == FRAME_TAKEN || (is_own && !stack))
			return false;
		if (has_frame_at(frame + 1, area, at) ||
			(newer && has_frame_at(newer->frames, newer, at)))
			continue;
		if (is_own || frame_is_on_its_way(frame, area->frames))
			return false;
	}
	empty(area);
	return true;
}

static void put_in(struct area_list *list, struct area *area)
{
	area->next = list->first;
	list->first = area;
	list->n++;
}

/* What was called by a jump, at the place of another one, says nothing about that. */
static uintptr_t highest(const struct area *area)
{
	uintptr_t high = 0;

	for (const struct frame *frame = area->frames; frame < area->frames + FRAMES; frame++)
		if (frame_place(frame) > high && range_has(&area->stack, frame_place(frame)) &&
			!routine_is_return(frame->return_address))
			high = frame_place(frame);
	return high;
}

/*
 * One that is empty by now is taken out. Of many a few are asked about each time, by turns: there
 * may be thousands of calls. The newest come first, and what was called later at a higher place of
 * the stack passed all that was below.
 */
static struct area *take_empty(
	struct area_list *list, const struct area *newer, uintptr_t stack, const struct range *own)
{
	struct area **link = &list->first, *area = *link;
	unsigned skip = list->n > ASKED ? list->turn++ * ASKED % list->n : 0;
	uintptr_t high = newer ? newer->high : 0;

	for (unsigned i = 0; area && i < skip + ASKED; i++, link = &area->next, area = *link) {
		if (stack && stack <= high)
			stack = high + 1;
		high = area->high;
		if (i < skip || !is_empty(area, newer, stack, own))
			continue;
		*link = area->next;
		list->n--;
		return area;
	}
	return NULL;
}

static struct area *next_area(struct area *full, uintptr_t stack)
{
	struct area *found;

	if (full->older.n < KEPT)
		stack = 0;
	if (is_empty(full, NULL, stack, &full->stack))
		return full;
	full->high = highest(full);
	found = take_empty(&full->older, full, stack, &full->stack);
	if (!found)
		found = make_area();
	if (!found)
		return NULL;
	found->older = full->older;
	found->stack = full->stack;
	put_in(&found->older, full);
	return found;
}

/* A signal handler that came between may have done so: then there is nothing to do. */
static int change_area(struct area *full, void **current, uintptr_t stack)
{
	sigset_t before = signals_block();
	struct area *next;

	next = *current == full ? next_area(full, stack) : *current;
	if (next)
		*current = next;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return next ? 0 : -1;
}

int frames_settle(struct frame **next, void **current, uintptr_t stack)
{
	struct area *area = *current;
	struct frame *from = *next, *found;
	int saved = errno, status = 0;

	if (!area->stack.high)
		own_stack_find(&area->stack, stack);
	if (from < area->frames || from > &area->end)
		from = area->frames; /* of an area from before, by a handler that came between */
	found = first_free(drop_over(from, area), area);
	if (found == &area->end) {
		status = change_area(area, current, stack);
		found = frames_first(*current);
	} else if (found > area->frames) {
		pass_by(found - 1, stack);
	}
	*next = found;
	errno = saved;
	return status;
}

static bool has_call(const struct area *area, uintptr_t stack, const struct range *own)
{
	for (const struct frame *frame = area->frames; frame < area->frames + FRAMES; frame++)
		if (!frame_is_dead(frame, stack, own))
			return true;
	return false;
}

bool frames_have_call(void *current, uintptr_t stack)
{
	struct area *area = current;

	if (!area->stack.high)
		own_stack_find(&area->stack, stack);
	if (has_call(area, stack, &area->stack))
		return true;
	for (const struct area *older = area->older.first; older; older = older->next)
		if (has_call(older, stack, &area->stack))
			return true;
	return false;
}

void *frames_first_area(void)
{
	const struct range none = { 0, 0 };
	struct area *found = take_empty(&left_behind, NULL, 0, &none);

	return found ? found : make_area();
}

void frames_forget(void)
{
	left_behind = (struct area_list){ NULL, 0, 0 };
}

static bool is_untouched(const struct area *area)
{
	for (const struct frame *frame = area->frames; frame < area->frames + FRAMES; frame++)
		if (frame->stack != FRAME_FREE)
			return false;
	return true;
}

/* It is no thread's now, nor has what this one knew. */
static void let_go(struct area *area)
{
	area->older = (struct area_list){ NULL, 0, 0 };
	area->stack = (struct range){ 0, 0 };
	area->high = 0;
}

void *frames_end(void *last)
{
	struct area *area = last, *next;
	struct range own = area->stack;
	uintptr_t above;

	if (!area->older.n && is_untouched(area))
		return area;
	if (!own.high)
		own_stack_find(&own, (uintptr_t)&own);
	above = own.high - 1; /* all calls on a stack that ends are dead */
	for (struct area *older = area->older.first; older; older = next) {
		next = older->next;
		if (is_empty(older, area, above, &own)) {
			free_area(older);
			continue;
		}
		let_go(older);
		put_in(&left_behind, older);
	}
	let_go(area);
	if (is_empty(area, NULL, above, &own))
		return area;
	put_in(&left_behind, area);
	return NULL;
}
