/* SPDX-License-Identifier: MIT */
/* long step_call(void *call, const long a[11]): with the trap flag set (walk.c). */
	.text
	.globl	step_call, step_home
	.type	step_call, @function
step_call:
	.cfi_startproc
	subq	$16, %rsp
	.cfi_adjust_cfa_offset 16
	movq	%rdi, %rax
	movq	%rsi, %r10
	pushq	80(%r10)
	.cfi_adjust_cfa_offset 8
	pushq	72(%r10)
	.cfi_adjust_cfa_offset 8
	pushq	64(%r10)
	.cfi_adjust_cfa_offset 8
	pushq	56(%r10)
	.cfi_adjust_cfa_offset 8
	pushq	48(%r10)
	.cfi_adjust_cfa_offset 8
	movq	(%r10), %rdi
	movq	8(%r10), %rsi
	movq	16(%r10), %rdx
	movq	24(%r10), %rcx
	movq	32(%r10), %r8
	movq	40(%r10), %r9
	pushfq
	orq	$0x100, (%rsp)
	popfq
	call	*%rax
step_home:
	pushfq
	andq	$~0x100, (%rsp)
	popfq
	addq	$56, %rsp
	.cfi_adjust_cfa_offset -56
	ret
	.cfi_endproc
	.size	step_call, . - step_call
	.section .note.GNU-stack, "", @progbits
