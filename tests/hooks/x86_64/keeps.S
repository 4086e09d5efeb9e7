/* SPDX-License-Identifier: MIT */
/* int keeps(void (*call)(void), long own, long a, long b): see coroutines.h. */
	.macro COMPARE register, n	/* rsi: own; rbx: 0, as long as all are right */
	leaq	\n(%rsi), %rcx
	subq	%rcx, \register
	orq	\register, %rbx
	.endm

	.text
	.globl	keeps
	.type	keeps, @function
keeps:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rsi
	movq	%rdi, %rax
	movq	%rsi, %rbx
	leaq	1(%rsi), %rbp
	leaq	2(%rsi), %r12
	leaq	3(%rsi), %r13
	leaq	4(%rsi), %r14
	leaq	5(%rsi), %r15
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	call	*%rax
	popq	%rsi
	subq	%rsi, %rbx
	COMPARE	%rbp, 1
	COMPARE	%r12, 2
	COMPARE	%r13, 3
	COMPARE	%r14, 4
	COMPARE	%r15, 5
	jz	1f
	movl	$-1, %eax
1:	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
	.size	keeps, . - keeps
	.section .note.GNU-stack, "", @progbits
