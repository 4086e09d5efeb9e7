/* SPDX-License-Identifier: MIT */
/*
 * The hooks of aarch64. See hooks/hooks.h for what they are; offsets (shared.h) are of struct
 * hook, struct frame and struct thread.
 *
 * A hook that looks at the status must come back after the call without knowing how many arguments
 * are on the stack. So the return address is kept in a frame of this thread's frame area, and the
 * target is called with every argument in its place. x19, saved in the frame, leads back to it;
 * unwinders are told where everything is.
 *
 * The call is counted before it is made: one that never returns (longjmp, exceptions) counts too.
 *
 * Only x9 to x17 are used, which hold no argument and no result (AAPCS64, 6.1); functions that are
 * called in another way get no hook (arch_is_called_as_usual()). Where a signal handler may not come
 * between, it is seen: stxr fails when one did.
 */
#include "asm.h"

	.hidden	thread_self, hooks, hook_slow, hook_before, hook_failed

	.text
	.globl	hook_stubs, hook_stubs_end
	.hidden	hook_stubs, hook_stubs_end
	.p2align 4
hook_stubs:
	.cfi_startproc
	.set	i, 0
	.rept	4096			/* HOOKS_MAX stubs of 16 bytes; adr would not reach the hooks */
	BTI_C
	mov	w16, i
	b	hook_enter
	nop
	.set	i, i + 1
	.endr
hook_stubs_end:
hook_enter:
	ADDRESS	x17, hooks
	add	x16, x17, x16, lsl 6	/* hooks of 64 bytes */
	ldr	x17, [x16, HOOK_ROUTINE]
	br	x17
	.cfi_endproc
	.size	hook_stubs, . - hook_stubs
	.size	hook_enter, . - hook_enter

/* This thread's struct thread. */
	.macro SELF register, other
	mrs	\register, tpidr_el0
	adrp	\other, :gottprel:thread_self
	ldr	\other, [\other, :gottprel_lo12:thread_self]
	add	\register, \register, \other
	.endm

/* Counts the call in the thread's block; without one to \none. x9 to x11 are lost. */
	.macro COUNT none
	ldr	x9, [x12, THREAD_ENTRY]
	ldr	x9, [x9]
	cbz	x9, \none		/* no block: a new thread, or a child that came by fork */
	ldr	x10, [x16, HOOK_SLOT]
	add	x9, x9, x10
6:	ldxr	x10, [x9]
	add	x10, x10, 1
	stxr	w11, x10, [x9]
	cbnz	w11, 6b
	.endm

ENTRY(hook_count)
	SELF	x12, x9
	COUNT	1f
	ldr	x17, [x16, HOOK_TARGET]
	br	x17
1:	mov	w11, 0
	b	hook_no_thread
END(hook_count)

ENTRY(hook_pass)
	ldr	x17, [x16, HOOK_TARGET]
	br	x17
END(hook_pass)

/*
 * Enters a frame: afterwards x19 is the frame, and sp is the caller's. C may go on at \enter when it
 * has looked at the frames itself.
 *
 * A signal handler may come between any two instructions; it may call, and it may go on to another
 * stack for a while (swapcontext). So THREAD_FRAME only says where to begin, and a frame is taken by
 * the stxr that clears a bit of its stack pointer, which only a free one, -1, has set. What has not is
 * somebody's, or the end of the area. It is given up after it was read. With the bit or just without
 * it is above all stacks, which says "alive".
 *
 * Nothing was pushed, so with a CFA of sp both frames would be one to libgcc, which knows a frame by
 * the CFA of the one below. Frames begin at multiples of 16: sp + 8 is nobody else's, and unwinders
 * are told apart what sp was.
 */
	.macro BEGIN_FRAME
	SELF	x12, x9
	COUNT	9f
	ldr	x13, [x12, THREAD_FRAME]
	ldur	x10, [x13, FRAME_STACK - FRAME_SIZE]
	mov	x14, sp
	cmp	x10, x14
	b.ls	7f
1:	add	x15, x13, FRAME_STACK
2:	ldxr	x10, [x15]
	tbz	x10, FRAME_FREE_BIT, 3f
	and	x10, x10, ~(1 << FRAME_FREE_BIT)
	stxr	w11, x10, [x15]
	cbnz	w11, 2b
	add	x10, x13, FRAME_SIZE
	str	x10, [x12, THREAD_FRAME]
	.cfi_remember_state
	stp	x30, x19, [x13, FRAME_RETURN]
	mov	x19, x13
	.cfi_def_cfa_offset 8
	.cfi_escape 0x16,31,2,0x8f,0	/* sp was sp + 0 */
	.cfi_escape 0x10,30,2,0x83,0	/* return address at x19 + 0 */
	.cfi_escape 0x10,19,2,0x83,8	/* x19 at x19 + 8 */
	str	x16, [x19, FRAME_HOOK]
	str	x14, [x19, FRAME_STACK]
	.endm

/*
 * Leaves the frame; x30 is the caller's again. x9 to x13 are lost. Calls need not end in the order in
 * which they began (coroutines), nor on the thread on which they did: a frame that is not on top of
 * this thread's is only marked (MARK_FRAME), and the slow path takes it away. It may be another
 * thread's, which may take it when it sees the mark: all was read before that.
 */
	.macro END_FRAME
	mov	x13, x19
	ldp	x30, x19, [x13, FRAME_RETURN]
	.cfi_def_cfa_offset 0
	.cfi_restore 31
	.cfi_restore 30
	.cfi_restore 19
	SELF	x12, x9
	ldr	x9, [x12, THREAD_FRAME]
	add	x10, x13, FRAME_SIZE
	cmp	x9, x10
	b.ne	5f
	mov	x10, -1
	str	x10, [x13, FRAME_STACK]
	str	x13, [x12, THREAD_FRAME]
6:
	.endm

/* After what follows END_FRAME: of a frame that is not on top. */
	.macro MARK_FRAME
5:	add	x10, x13, FRAME_STACK
	mov	x11, FRAME_GIVEN_UP
	stlr	x11, [x10]
	b	6b
	.endm

/* At the end of a routine with BEGIN_FRAME: what its calls seldom meet. */
	.macro SELDOM enter
	.cfi_restore_state
3:	clrex				/* the area's end, or another call's */
	b	8f
7:	b.lo	8f			/* the call before never came back, or is of another stack */
	adr	x10, hook_count		/* on the same place: dead too, but for a function that was */
	cmp	x30, x10		/* called through a hook and ended in a jump to this one: */
	b.lo	8f			/* it returns to a hook */
	adr	x10, hook_no_thread
	cmp	x30, x10
	b.lo	1b
8:	mov	w11, 1			/* it is counted */
	b	hook_no_thread
9:	mov	w11, 0
	b	hook_no_thread
LABEL(\enter)
	BTI_C
	SELF	x12, x9
	ldr	x13, [x12, THREAD_FRAME]
	mov	x14, sp
	b	1b
	.endm

ENTRY(hook_status)
	BEGIN_FRAME
	ldr	x17, [x16, HOOK_TARGET]
	blr	x17
LABEL(hook_status_return)
	cbnz	w0, 4f
	.cfi_remember_state
	END_FRAME
	ret
	MARK_FRAME
	.cfi_restore_state
4:	ldr	x14, [x19, FRAME_HOOK]
	END_FRAME
	b	hook_not_ok
	MARK_FRAME
	SELDOM	hook_status_enter
END(hook_status)

/*
 * A call has returned the status in w0; x14 is its hook. It may have been no status: results are in
 * x0 and x1, or in up to four vector registers.
 */
ENTRY(hook_not_ok)
	stp	x29, x30, [sp, -96]!
	.cfi_def_cfa_offset 96
	.cfi_offset 29, -96
	.cfi_offset 30, -88
	mov	x29, sp
	stp	x0, x1, [sp, 16]
	stp	q0, q1, [sp, 32]
	stp	q2, q3, [sp, 64]
	mov	w1, w0
	mov	x0, x14
	bl	hook_failed
	ldp	x0, x1, [sp, 16]
	ldp	q0, q1, [sp, 32]
	ldp	q2, q3, [sp, 64]
	ldp	x29, x30, [sp], 96
	.cfi_def_cfa_offset 0
	.cfi_restore 29
	.cfi_restore 30
	ret
END(hook_not_ok)

/*
 * With an observer. Observed functions return an int and take integers and pointers, so vector
 * registers need no care; their arguments are copied, for a callee may use its own for other things.
 */
	.macro COPY_ARGUMENTS
	stp	x0, x1, [x19, FRAME_ARGUMENTS]
	stp	x2, x3, [x19, FRAME_ARGUMENTS + 16]
	stp	x4, x5, [x19, FRAME_ARGUMENTS + 32]
	stp	x6, x7, [x19, FRAME_ARGUMENTS + 48]
	.endm

/* Only of functions that have so many: where its arguments end a stack may end. */
	.macro COPY_STACK_ARGUMENTS
	ldr	x10, [sp]
	str	x10, [x19, FRAME_ARGUMENTS + 64]
	.endm

	.macro CALL_BEFORE routine
	mov	x0, x19
	bl	hook_before
LABEL(\routine\()_before)
	ldp	x0, x1, [x19, FRAME_ARGUMENTS]
	ldp	x2, x3, [x19, FRAME_ARGUMENTS + 16]
	ldp	x4, x5, [x19, FRAME_ARGUMENTS + 32]
	ldp	x6, x7, [x19, FRAME_ARGUMENTS + 48]
	.endm

	.macro CALL_OBSERVED routine
	ldr	x16, [x19, FRAME_HOOK]
	ldr	x17, [x16, HOOK_TARGET]
	blr	x17
LABEL(\routine\()_return)
	str	x0, [x19, FRAME_RESULT]
	ldr	x16, [x19, FRAME_HOOK]
	mov	w1, w0
	mov	x0, x19
	ldr	x17, [x16, HOOK_AFTER]
	blr	x17
LABEL(\routine\()_after)
	ldr	x0, [x19, FRAME_RESULT]
	END_FRAME
	ret
	MARK_FRAME
	.endm

ENTRY(hook_after_only)
	BEGIN_FRAME
	COPY_ARGUMENTS
	CALL_OBSERVED hook_after_only
	SELDOM	hook_after_only_enter
END(hook_after_only)

ENTRY(hook_after_only_stack)
	BEGIN_FRAME
	COPY_ARGUMENTS
	COPY_STACK_ARGUMENTS
	CALL_OBSERVED hook_after_only_stack
	SELDOM	hook_after_only_stack_enter
END(hook_after_only_stack)

ENTRY(hook_observed)
	BEGIN_FRAME
	COPY_ARGUMENTS
	CALL_BEFORE hook_observed
	CALL_OBSERVED hook_observed
	SELDOM	hook_observed_enter
END(hook_observed)

ENTRY(hook_observed_stack)
	BEGIN_FRAME
	COPY_ARGUMENTS
	COPY_STACK_ARGUMENTS
	CALL_BEFORE hook_observed_stack
	CALL_OBSERVED hook_observed_stack
	SELDOM	hook_observed_stack_enter
END(hook_observed_stack)

/*
 * cuLaunchKernel and its like, whose 1st argument is the function and whose 9th the stream. After
 * success alone the observer's function is gone on to, with both and the hook; it returns what the
 * call did.
 */
ENTRY(hook_launch)
	BEGIN_FRAME
	ldr	x10, [sp]
	stp	x0, x10, [x19, FRAME_ARGUMENTS]
	ldr	x17, [x16, HOOK_TARGET]
	blr	x17
LABEL(hook_launch_return)
	ldp	x15, x1, [x19, FRAME_ARGUMENTS]
	ldr	x14, [x19, FRAME_HOOK]
	END_FRAME
	cbnz	w0, hook_not_ok
	mov	x0, x15
	mov	x2, x14
	ldr	x17, [x14, HOOK_OBSERVER]
	ldr	x17, [x17, OBSERVER_LAUNCHED]
	br	x17
	MARK_FRAME
	SELDOM	hook_launch_enter
END(hook_launch)

/*
 * No block for this call, or no frame and w11 is not 0: hook_slow() finds one (0: again), or says
 * where to go on. Below the stack pointer on entry it finds x30 (arch_return_address()).
 */
ENTRY(hook_no_thread)
	stp	x29, x30, [sp, -16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov	x29, sp
	.cfi_def_cfa_register 29
	sub	sp, sp, 208
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, 16]
	stp	x4, x5, [sp, 32]
	stp	x6, x7, [sp, 48]
	stp	x8, x16, [sp, 64]
	stp	q0, q1, [sp, 80]
	stp	q2, q3, [sp, 112]
	stp	q4, q5, [sp, 144]
	stp	q6, q7, [sp, 176]
	mov	x0, x16
	add	x1, x29, 16		/* the stack pointer on entry */
	mov	w2, w11
	bl	hook_slow
	mov	x17, x0
	ldp	x0, x1, [sp]
	ldp	x2, x3, [sp, 16]
	ldp	x4, x5, [sp, 32]
	ldp	x6, x7, [sp, 48]
	ldp	x8, x16, [sp, 64]
	ldp	q0, q1, [sp, 80]
	ldp	q2, q3, [sp, 112]
	ldp	q4, q5, [sp, 144]
	ldp	q6, q7, [sp, 176]
	mov	sp, x29
	ldp	x29, x30, [sp], 16
	.cfi_def_cfa 31, 0
	.cfi_restore 29
	.cfi_restore 30
	cbnz	x17, 1f
	ldr	x17, [x16, HOOK_ROUTINE]
1:	br	x17
END(hook_no_thread)

PROPERTIES
