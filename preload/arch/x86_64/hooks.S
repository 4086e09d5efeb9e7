/* SPDX-License-Identifier: MIT */
/*
 * The hooks of x86-64. See hooks/hooks.h for what they are; offsets (shared.h) are of struct
 * hook, struct frame and struct thread.
 *
 * A hook that looks at the status must come back after the call without knowing how many arguments
 * are on the stack. So the return address is taken off the stack into a frame of this thread's
 * frame area, the target is called with every argument in its place, and the return address is put
 * back. rbx, saved in the frame, leads back to it; unwinders are told where everything is.
 *
 *         on entry                 in the target
 *     rsp: return address      rsp: hook_..._return       frame: return address
 *          argument 7               argument 7                   rbx of the caller
 *          argument 8               argument 8                   hook, stack pointer, arguments
 *
 * The call is counted before it is made: one that never returns (longjmp, exceptions) counts too.
 *
 * Only r10, r11 and, after the call, the caller-saved registers that hold no result are used; al
 * (the number of vector registers of a varargs call) is left alone.
 */
#include "asm.h"

	.hidden	thread_self, hooks, hook_slow, hook_before, hook_failed

	.text
	.globl	hook_stubs, hook_stubs_end
	.hidden	hook_stubs, hook_stubs_end
	.p2align 6			/* hook_count, behind them, in one line: a cycle less */
hook_stubs:
	.cfi_startproc
	.set	i, 0
	.rept	4096			/* HOOKS_MAX stubs of 16 bytes */
	endbr64
	leaq	hooks + 64 * i(%rip), %r10
	notrack jmpq *HOOK_ROUTINE(%r10)
	.p2align 4
	.set	i, i + 1
	.endr
	.cfi_endproc
hook_stubs_end:

ENTRY(hook_count)
	movq	thread_self@gottpoff(%rip), %r11
	movq	%fs:THREAD_ENTRY(%r11), %r11
	movq	(%r11), %r11
	testq	%r11, %r11
	jz	hook_no_thread		/* no block: a new thread, or a child that came by fork */
	addq	HOOK_SLOT(%r10), %r11
	incq	(%r11)
	jmpq	*HOOK_TARGET(%r10)
END(hook_count)

ENTRY(hook_pass)
	jmpq	*HOOK_TARGET(%r10)
END(hook_pass)

/*
 * Enters a frame: afterwards rbx is the frame, rsp is the caller's before its call instruction. C
 * may go on at \enter when it has looked at the frames itself. \rax: it may be the number of
 * vector registers of a varargs call; it waits below the stack pointer, where no signal handler
 * writes (the red zone). Observed functions have none, and a store less is half a nanosecond.
 *
 * A signal handler may come between any two instructions; it may call, and it may go on to another
 * stack for a while (swapcontext). So THREAD_FRAME only says where to begin, and a frame is taken by
 * the one instruction that clears a bit of its stack pointer, which only a free one, -1, has set.
 * What has not is somebody's, or the end of the area. It is given up after it was read. With the bit
 * or just without it is above all stacks, which says "alive".
 *
 * The CFA stays 8 bytes above the target's, or both frames would be one to libgcc, which knows a
 * frame by the CFA of the one below; so unwinders are told apart what rsp was.
 *
 * What one call stores in THREAD_FRAME the next one loads, and that is most of what a hook costs:
 * between the two nothing else goes through memory. xadd and cmpxchg on it cost 2.5 ns.
 */
	.set	LOST, 0
	.set	KEPT, 1

	.macro BEGIN_FRAME rax
	.if \rax
	movq	%rax, -8(%rsp)
	.endif
	movq	thread_self@gottpoff(%rip), %rax
	movq	%fs:THREAD_ENTRY(%rax), %r11
	movq	(%r11), %r11
	testq	%r11, %r11
	jz	9f			/* no block: a new thread, or a child that came by fork */
	addq	HOOK_SLOT(%r10), %r11
	incq	(%r11)
	movq	%fs:THREAD_FRAME(%rax), %r11
	cmpq	%rsp, FRAME_STACK - FRAME_SIZE(%r11)
	jbe	7f
1:	btrq	$FRAME_FREE_BIT, FRAME_STACK(%r11)
	jnc	8f			/* the area's end, or another call's */
	subq	$-FRAME_SIZE, %r11
	movq	%r11, %fs:THREAD_FRAME(%rax)
	.if \rax
	movq	-8(%rsp), %rax
	.endif
	.cfi_remember_state
	popq	FRAME_RETURN - FRAME_SIZE(%r11)
	.cfi_escape 0x16,7,2,0x77,0	/* rsp was rsp + 0 */
	.cfi_escape 0x10,16,3,0x7b,0x80,0x7f	/* return address at r11 - 128 */
	movq	%rbx, FRAME_SAVED - FRAME_SIZE(%r11)
	leaq	-FRAME_SIZE(%r11), %rbx
	.cfi_escape 0x10,16,2,0x73,0	/* return address at rbx + 0 */
	.cfi_escape 0x10,3,2,0x73,8	/* rbx at rbx + 8 */
	movq	%r10, FRAME_HOOK(%rbx)
	leaq	-8(%rsp), %r11
	movq	%r11, FRAME_STACK(%rbx)
	.endm

/*
 * Leaves the frame; the return address is on the stack again. rcx and r9 to r11 are lost. Calls need
 * not end in the order in which they began (coroutines), nor on the thread on which they did: a
 * frame that is not on top of this thread's is only marked (MARK_FRAME), and the slow path takes it
 * away. It may be another thread's, which by the return address on the stack sees that the call has
 * ended (evidence.c): that is put there last.
 */
	.macro END_FRAME
	leaq	FRAME_SIZE(%rbx), %rcx
	movq	%rbx, %r10
	.cfi_escape 0x10,16,2,0x7a,0	/* return address at r10 + 0 */
	movq	FRAME_SAVED(%rbx), %rbx
	.cfi_same_value 3
	movq	thread_self@gottpoff(%rip), %r9
	cmpq	%fs:THREAD_FRAME(%r9), %rcx
	.cfi_remember_state
	jne	5f
	movq	FRAME_RETURN(%r10), %r11
	.cfi_register 16, 11
	movq	$-1, FRAME_STACK(%r10)
	pushq	%r11
	.cfi_restore 7
	.cfi_offset 16, -8
	movq	%r10, %fs:THREAD_FRAME(%r9)
6:
	.endm

/* After what follows END_FRAME: of a frame that is not on top. */
	.macro MARK_FRAME
	.cfi_restore_state
5:	movq	FRAME_RETURN(%r10), %r11
	.cfi_register 16, 11
	movq	$FRAME_GIVEN_UP, FRAME_STACK(%r10)
	pushq	%r11
	.cfi_restore 7
	.cfi_offset 16, -8
	jmp	6b
	.endm

/* At the end of a routine with BEGIN_FRAME: what its calls seldom meet. */
	.macro SELDOM enter rax
	.cfi_restore_state
7:	jb	8f			/* the call before never came back, or is of another stack */
	leaq	hook_count(%rip), %r11	/* on the same place: dead too, but for a function that was */
	cmpq	%r11, (%rsp)		/* called through a hook and ended in a jump to this one: */
	jb	8f			/* it returns to a hook */
	leaq	hook_no_thread(%rip), %r11
	cmpq	%r11, (%rsp)
	jae	8f
	movq	%fs:THREAD_FRAME(%rax), %r11
	jmp	1b
8:	movl	$1, %r11d		/* it is counted */
9:
	.if \rax
	movq	-8(%rsp), %rax
	.endif
	jmp	hook_no_thread
LABEL(\enter)
	.if \rax
	movq	%rax, -8(%rsp)
	.endif
	movq	thread_self@gottpoff(%rip), %rax
	movq	%fs:THREAD_FRAME(%rax), %r11
	jmp	1b
	.endm

ENTRY(hook_status)
	BEGIN_FRAME KEPT
	call	*HOOK_TARGET(%r10)
LABEL(hook_status_return)
	testl	%eax, %eax
	jnz	4f
	.cfi_remember_state
	END_FRAME
	ret
	MARK_FRAME
	.cfi_restore_state
4:	movq	FRAME_HOOK(%rbx), %rdi
	END_FRAME
	jmp	hook_not_ok
	MARK_FRAME
	SELDOM	hook_status_enter KEPT
END(hook_status)

/* A call has returned the status in eax; rdi is its hook. */
ENTRY(hook_not_ok)
	subq	$56, %rsp
	.cfi_adjust_cfa_offset 56
	movq	%rax, (%rsp)
	movq	%rdx, 8(%rsp)
	movups	%xmm0, 16(%rsp)
	movups	%xmm1, 32(%rsp)
	movl	%eax, %esi
	call	hook_failed
	movq	(%rsp), %rax
	movq	8(%rsp), %rdx
	movups	16(%rsp), %xmm0
	movups	32(%rsp), %xmm1
	addq	$56, %rsp
	.cfi_adjust_cfa_offset -56
	ret
END(hook_not_ok)

/*
 * With an observer. Observed functions return an int and take integers and pointers, so vector
 * registers need no care; their arguments are copied, for a callee may use its own for other things.
 */
	.macro COPY_ARGUMENTS
	movq	%rdi, FRAME_ARGUMENTS(%rbx)
	movq	%rsi, FRAME_ARGUMENTS + 8(%rbx)
	movq	%rdx, FRAME_ARGUMENTS + 16(%rbx)
	movq	%rcx, FRAME_ARGUMENTS + 24(%rbx)
	movq	%r8, FRAME_ARGUMENTS + 32(%rbx)
	movq	%r9, FRAME_ARGUMENTS + 40(%rbx)
	.endm

/* Only of functions that have so many: above the return address a stack may end. */
	.macro COPY_STACK_ARGUMENTS
	movq	(%rsp), %r10
	movq	%r10, FRAME_ARGUMENTS + 48(%rbx)
	movq	8(%rsp), %r10
	movq	%r10, FRAME_ARGUMENTS + 56(%rbx)
	movq	16(%rsp), %r10
	movq	%r10, FRAME_ARGUMENTS + 64(%rbx)
	.endm

	.macro CALL_BEFORE routine
	movq	%rbx, %rdi
	call	hook_before
LABEL(\routine\()_before)
	movq	FRAME_ARGUMENTS(%rbx), %rdi
	movq	FRAME_ARGUMENTS + 8(%rbx), %rsi
	movq	FRAME_ARGUMENTS + 16(%rbx), %rdx
	movq	FRAME_ARGUMENTS + 24(%rbx), %rcx
	movq	FRAME_ARGUMENTS + 32(%rbx), %r8
	movq	FRAME_ARGUMENTS + 40(%rbx), %r9
	.endm

	.macro CALL_OBSERVED routine
	movq	FRAME_HOOK(%rbx), %r10
	call	*HOOK_TARGET(%r10)
LABEL(\routine\()_return)
	movq	%rax, FRAME_RESULT(%rbx)
	movq	FRAME_HOOK(%rbx), %r10
	movq	%rbx, %rdi
	movl	%eax, %esi
	call	*HOOK_AFTER(%r10)
LABEL(\routine\()_after)
	movq	FRAME_RESULT(%rbx), %rax
	END_FRAME
	ret
	MARK_FRAME
	.endm

ENTRY(hook_after_only)
	BEGIN_FRAME LOST
	COPY_ARGUMENTS
	CALL_OBSERVED hook_after_only
	SELDOM	hook_after_only_enter LOST
END(hook_after_only)

ENTRY(hook_after_only_stack)
	BEGIN_FRAME LOST
	COPY_ARGUMENTS
	COPY_STACK_ARGUMENTS
	CALL_OBSERVED hook_after_only_stack
	SELDOM	hook_after_only_stack_enter LOST
END(hook_after_only_stack)

ENTRY(hook_observed)
	BEGIN_FRAME LOST
	COPY_ARGUMENTS
	CALL_BEFORE hook_observed
	CALL_OBSERVED hook_observed
	SELDOM	hook_observed_enter LOST
END(hook_observed)

ENTRY(hook_observed_stack)
	BEGIN_FRAME LOST
	COPY_ARGUMENTS
	COPY_STACK_ARGUMENTS
	CALL_BEFORE hook_observed_stack
	CALL_OBSERVED hook_observed_stack
	SELDOM	hook_observed_stack_enter LOST
END(hook_observed_stack)

/*
 * cuLaunchKernel and its like, whose 1st argument is the function and whose 9th the stream. After
 * success alone the observer's function is gone on to, with both and the hook; it returns what the
 * call did.
 */
ENTRY(hook_launch)
	BEGIN_FRAME LOST
	movq	%rdi, FRAME_ARGUMENTS(%rbx)
	movq	16(%rsp), %r11
	movq	%r11, FRAME_ARGUMENTS + 8(%rbx)
	call	*HOOK_TARGET(%r10)
LABEL(hook_launch_return)
	movq	FRAME_ARGUMENTS(%rbx), %rdi
	movq	FRAME_ARGUMENTS + 8(%rbx), %rsi
	movq	FRAME_HOOK(%rbx), %rdx
	END_FRAME
	testl	%eax, %eax
	jnz	4f
	movq	HOOK_OBSERVER(%rdx), %r8
	jmpq	*OBSERVER_LAUNCHED(%r8)
4:	movq	%rdx, %rdi
	jmp	hook_not_ok
	MARK_FRAME
	SELDOM	hook_launch_enter LOST
END(hook_launch)

/*
 * No block for this call, or no frame and r11 is not 0: hook_slow() finds one (0: again), or says
 * where to go on.
 */
ENTRY(hook_no_thread)
	PUSH	%rbp
	.cfi_offset 6, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register 6
	subq	$208, %rsp
	andq	$-16, %rsp
	movq	%rdi, (%rsp)
	movq	%rsi, 8(%rsp)
	movq	%rdx, 16(%rsp)
	movq	%rcx, 24(%rsp)
	movq	%r8, 32(%rsp)
	movq	%r9, 40(%rsp)
	movq	%r10, 48(%rsp)
	movq	%rax, 56(%rsp)
	movups	%xmm0, 64(%rsp)
	movups	%xmm1, 80(%rsp)
	movups	%xmm2, 96(%rsp)
	movups	%xmm3, 112(%rsp)
	movups	%xmm4, 128(%rsp)
	movups	%xmm5, 144(%rsp)
	movups	%xmm6, 160(%rsp)
	movups	%xmm7, 176(%rsp)
	movq	%r10, %rdi
	leaq	8(%rbp), %rsi		/* the stack pointer on entry */
	movl	%r11d, %edx
	call	hook_slow
	movq	%rax, %r11
	movups	64(%rsp), %xmm0
	movups	80(%rsp), %xmm1
	movups	96(%rsp), %xmm2
	movups	112(%rsp), %xmm3
	movups	128(%rsp), %xmm4
	movups	144(%rsp), %xmm5
	movups	160(%rsp), %xmm6
	movups	176(%rsp), %xmm7
	movq	(%rsp), %rdi
	movq	8(%rsp), %rsi
	movq	16(%rsp), %rdx
	movq	24(%rsp), %rcx
	movq	32(%rsp), %r8
	movq	40(%rsp), %r9
	movq	48(%rsp), %r10
	movq	56(%rsp), %rax
	leave
	.cfi_def_cfa 7, 8
	.cfi_restore 6
	testq	%r11, %r11
	jnz	1f
	notrack jmpq *HOOK_ROUTINE(%r10)
1:	notrack jmpq *%r11
END(hook_no_thread)

PROPERTIES
