/*
 * The hooks of x86-64. See hooks/hooks.h for what they are; the offsets below are of struct hook,
 * struct frame and struct thread, and hooks.c asserts them.
 *
 * A hook that looks at the status must come back after the call without knowing how many arguments
 * are on the stack. So the return address is taken off the stack into a frame of this thread's
 * frame area, the target is called with every argument in its place, and the return address is put
 * back. rbx, saved in the frame, leads back to it; unwinders are told where everything is.
 *
 * The call is counted before it is made: one that never returns (longjmp, exceptions) counts too.
 *
 * Only r10, r11 and, after the call, the caller-saved registers that hold no result are used; al
 * (the number of vector registers of a varargs call) is left alone.
 */
	.set	HOOK_TARGET, 0
	.set	HOOK_SLOT, 16
	.set	HOOK_AFTER, 24
	.set	HOOK_ROUTINE, 40

	.set	FRAME_RETURN, 0
	.set	FRAME_SAVED, 8
	.set	FRAME_HOOK, 16
	.set	FRAME_STACK, 24
	.set	FRAME_ARGUMENTS, 32
	.set	FRAME_RESULT, 120
	.set	FRAME_SIZE, 128
	.set	FRAMES_MASK, 0x3fff	/* a frame area is 16 KiB at a multiple of 16 KiB */

	.set	THREAD_FRAME, 0
	.set	THREAD_ENTRY, 8

	.hidden	thread_self, hooks, hook_slow, hook_before, hook_failed

	.text
	.globl	hook_stubs, hook_stubs_end
	.hidden	hook_stubs, hook_stubs_end
	.p2align 4
hook_stubs:
	.set	i, 0
	.rept	4096			/* HOOKS_MAX stubs of 16 bytes */
	endbr64
	leaq	hooks + 64 * i(%rip), %r10
	jmpq	*HOOK_ROUTINE(%r10)
	.p2align 4
	.set	i, i + 1
	.endr
hook_stubs_end:

/* Counts the call of hook r10; r11 is this thread's entry. */
	.macro COUNT
	movq	(%r11), %r11		/* the block; 0 in a child that came by fork */
	testq	%r11, %r11
	jz	hook_no_thread
	addq	HOOK_SLOT(%r10), %r11
	incq	(%r11)
	.endm

	.globl	hook_count
	.hidden	hook_count
	.type	hook_count, @function
	.p2align 5
hook_count:
	.cfi_startproc
	movq	thread_self@gottpoff(%rip), %r11
	movq	%fs:THREAD_ENTRY(%r11), %r11
	testq	%r11, %r11
	jz	hook_no_thread
	COUNT
	jmpq	*HOOK_TARGET(%r10)
	.cfi_endproc
	.size	hook_count, .-hook_count

	.globl	hook_pass
	.hidden	hook_pass
	.type	hook_pass, @function
	.p2align 5
hook_pass:
	jmpq	*HOOK_TARGET(%r10)
	.size	hook_pass, .-hook_pass

/*
 * Enters a frame: afterwards rbx is the frame, rsp is the caller's before its call instruction.
 *
 * A signal handler that calls may come between any two instructions. So a frame is taken before it
 * is written and given up after it was read; a free frame's stack pointer is above all others (-1),
 * which says "alive" of one that was taken and not written yet.
 */
	.macro BEGIN_FRAME
	movq	thread_self@gottpoff(%rip), %r11
	movq	%fs:THREAD_FRAME(%r11), %r11
	testl	$FRAMES_MASK, %r11d	/* no frame area, or at its end: both are 0 here */
	jz	hook_no_thread
	cmpq	%rsp, FRAME_STACK - FRAME_SIZE(%r11)
	ja	.Lalive\@
	jb	hook_no_thread		/* the call before never came back: its frame is dead */
	leaq	hook_count(%rip), %r11	/* on the same place: dead too, but for a function that was */
	cmpq	%r11, (%rsp)		/* called through a hook and ended in a jump to this one: */
	jb	hook_no_thread		/* it returns to a hook */
	leaq	hook_no_thread(%rip), %r11
	cmpq	%r11, (%rsp)
	jae	hook_no_thread
.Lalive\@:
	movq	thread_self@gottpoff(%rip), %r11
	movq	%fs:THREAD_ENTRY(%r11), %r11
	COUNT
	movq	thread_self@gottpoff(%rip), %r11
	addq	$FRAME_SIZE, %fs:THREAD_FRAME(%r11)
	movq	%fs:THREAD_FRAME(%r11), %r11
	leaq	-FRAME_SIZE(%r11), %r11
	movq	%rsp, FRAME_STACK(%r11)
	popq	FRAME_RETURN(%r11)
	.cfi_def_cfa_offset 8
	.cfi_escape 0x16,7,2,0x77,0	/* rsp was rsp + 0 */
	.cfi_escape 0x10,16,2,0x7b,0	/* return address at r11 + 0 */
	movq	%rbx, FRAME_SAVED(%r11)
	movq	%r11, %rbx
	.cfi_escape 0x10,16,2,0x73,0	/* return address at rbx + 0 */
	.cfi_escape 0x10,3,2,0x73,8	/* rbx at rbx + 8 */
	movq	%r10, FRAME_HOOK(%rbx)
	.endm

/* Leaves the frame; the return address is on the stack again. r10 and r11 are lost. */
	.macro END_FRAME
	pushq	FRAME_RETURN(%rbx)
	.cfi_def_cfa_offset 8
	.cfi_escape 0x16,7,2,0x77,8
	.cfi_offset 16, -8
	movq	%rbx, %r10
	movq	FRAME_SAVED(%rbx), %rbx
	.cfi_same_value 3
	movq	$-1, FRAME_STACK(%r10)
	movq	thread_self@gottpoff(%rip), %r11
	movq	%r10, %fs:THREAD_FRAME(%r11)
	.endm

	.globl	hook_status
	.hidden	hook_status
	.type	hook_status, @function
	.p2align 5
hook_status:
	.cfi_startproc
	BEGIN_FRAME
	call	*HOOK_TARGET(%r10)
	.globl	hook_status_return
	.hidden	hook_status_return
hook_status_return:
	testl	%eax, %eax
	jnz	1f
	.cfi_remember_state
	END_FRAME
	ret
	.cfi_restore_state
1:	movq	FRAME_HOOK(%rbx), %rdi
	END_FRAME
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
	.cfi_endproc
	.size	hook_status, .-hook_status

/*
 * With an observer. Observed functions return an int and take integers and pointers, so vector
 * registers need no care; their arguments are copied, for a callee may use its own for other things.
 */
	.macro BEGIN_OBSERVED
	BEGIN_FRAME
	movq	%rdi, FRAME_ARGUMENTS(%rbx)
	movq	%rsi, FRAME_ARGUMENTS + 8(%rbx)
	movq	%rdx, FRAME_ARGUMENTS + 16(%rbx)
	movq	%rcx, FRAME_ARGUMENTS + 24(%rbx)
	movq	%r8, FRAME_ARGUMENTS + 32(%rbx)
	movq	%r9, FRAME_ARGUMENTS + 40(%rbx)
	movq	(%rsp), %r10
	movq	%r10, FRAME_ARGUMENTS + 48(%rbx)
	movq	8(%rsp), %r10
	movq	%r10, FRAME_ARGUMENTS + 56(%rbx)
	movq	16(%rsp), %r10
	movq	%r10, FRAME_ARGUMENTS + 64(%rbx)
	.endm

	.macro CALL_OBSERVED return
	movq	FRAME_HOOK(%rbx), %r10
	call	*HOOK_TARGET(%r10)
	.globl	\return
	.hidden	\return
\return:
	movq	%rax, FRAME_RESULT(%rbx)
	movq	FRAME_HOOK(%rbx), %r10
	movq	%rbx, %rdi
	movl	%eax, %esi
	call	*HOOK_AFTER(%r10)
	movq	FRAME_RESULT(%rbx), %rax
	END_FRAME
	ret
	.endm

	.globl	hook_after_only
	.hidden	hook_after_only
	.type	hook_after_only, @function
	.p2align 5
hook_after_only:
	.cfi_startproc
	BEGIN_OBSERVED
	CALL_OBSERVED hook_after_only_return
	.cfi_endproc
	.size	hook_after_only, .-hook_after_only

	.globl	hook_observed
	.hidden	hook_observed
	.type	hook_observed, @function
	.p2align 5
hook_observed:
	.cfi_startproc
	BEGIN_OBSERVED
	movq	%rbx, %rdi
	call	hook_before
	movq	FRAME_ARGUMENTS(%rbx), %rdi
	movq	FRAME_ARGUMENTS + 8(%rbx), %rsi
	movq	FRAME_ARGUMENTS + 16(%rbx), %rdx
	movq	FRAME_ARGUMENTS + 24(%rbx), %rcx
	movq	FRAME_ARGUMENTS + 32(%rbx), %r8
	movq	FRAME_ARGUMENTS + 40(%rbx), %r9
	CALL_OBSERVED hook_observed_return
	.cfi_endproc
	.size	hook_observed, .-hook_observed

/* No block or no frame for this call: hook_slow() finds one (0: again), or says where to go on. */
	.type	hook_no_thread, @function
	.p2align 4
hook_no_thread:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
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
	testq	%r11, %r11
	jnz	1f
	jmpq	*HOOK_ROUTINE(%r10)
1:	jmpq	*%r11
	.cfi_endproc
	.size	hook_no_thread, .-hook_no_thread

	.section .note.GNU-stack, "", @progbits
