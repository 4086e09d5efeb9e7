/* SPDX-License-Identifier: MIT */
#include "evidence.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "routines.h"

/*
 * What is at an address that may be gone by now, the kernel says: a requeue of nobody (futex(2))
 * compares a word, does nothing else and does not sleep. EAGAIN: something else is there, EFAULT:
 * nothing is. Whatever else comes back tells nothing.
 */
static int compare(uintptr_t address, uint32_t expected)
{
	uint32_t nobody = 0;

	return syscall(SYS_futex, address, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, NULL, &nobody,
		       expected)
		       ? errno
		       : 0;
}

/*
 * While a call is on its way, its caller's return address stands still where it was, and then that
 * to which hooks.S calls the target and its observer's functions to return, whatever routine the
 * hook has by now. The caller's comes back there at the end, so of calls that never came back it
 * may tell that they did not begin: but only of the latest at each place (frames.c).
 */
static bool has_its_word(const struct frame *frame, const struct frame *first)
{
	uintptr_t at = frame_place(frame);
	int error = EAGAIN;

	/* A handler that switched stacks may have made the later one of two the first. */
	for (const struct frame *other = first; error == EAGAIN && other <= frame; other++)
		if (frame_place(other) == at)
			error = compare(at, (uint32_t)other->return_address);
	/* In the order in which they come there, for it may go on meanwhile on another thread. */
	for (const struct routine *r = routines; r < routines + ROUTINES; r++) {
		const char *const words[] = { r->before, r->returns, r->after };

		for (unsigned i = 0; error == EAGAIN && i < sizeof(words) / sizeof(words[0]); i++)
			if (words[i])
				error = compare(at, (uint32_t)(uintptr_t)words[i]);
	}
	return error != EAGAIN && error != EFAULT;
}

/*
 * Of a processor that pushes no return address what is left of a stack is no evidence: it is over
 * only when that is gone on both sides of its beginning, which may be a stack's very end.
 */
bool frame_is_on_its_way(const struct frame *frame, const struct frame *first)
{
	uintptr_t at = frame_place(frame);

	if (ARCH_RETURN_ON_STACK)
		return has_its_word(frame, first);
	return compare(at, 0) != EFAULT || compare(at - sizeof(uint32_t), 0) != EFAULT;
}

/* Nobody's. */
static bool is_over(const struct frame *frame)
{
	return frame->stack == FRAME_FREE || frame->stack == FRAME_GIVEN_UP;
}

bool frame_is_dead(const struct frame *frame, uintptr_t stack, const struct range *own)
{
	uintptr_t at = frame_place(frame);

	if (is_over(frame))
		return true;
	if (frame->stack == FRAME_TAKEN)
		return false; /* this is a signal handler, or it went on to another stack */
	/* A function that was called through a hook may have ended in a jump to another one. */
	if (at == stack)
		return !routine_is_return(arch_return_address(stack));
	return at < stack && range_has(own, stack) && range_has(own, at);
}
