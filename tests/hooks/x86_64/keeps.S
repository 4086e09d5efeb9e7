/* SPDX-License-Identifier: MIT */
/* int keeps(void (*call)(void), long own, long a, long b): see coroutines.h. */
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
	leaq	1(%rsi), %rcx
	subq	%rcx, %rbp
	orq	%rbp, %rbx
	leaq	2(%rsi), %rcx
	subq	%rcx, %r12
	orq	%r12, %rbx
	leaq	3(%rsi), %rcx
	subq	%rcx, %r13
	orq	%r13, %rbx
	leaq	4(%rsi), %rcx
	subq	%rcx, %r14
	orq	%r14, %rbx
	leaq	5(%rsi), %rcx
	subq	%rcx, %r15
	orq	%r15, %rbx
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
