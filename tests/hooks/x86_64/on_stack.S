/* SPDX-License-Identifier: MIT */
/* As after a call from a trampoline at the top of a stack, above which nothing is mapped. */
	.text
	.globl	on_stack
	.type	on_stack, @function
on_stack:
	pushq	%rbx
	movq	%rsp, %rbx
	leaq	-16(%rdi), %rsp
	call	cuCtxSynchronize@PLT
	movq	%rbx, %rsp
	popq	%rbx
	ret
	.size	on_stack, . - on_stack
	.section .note.GNU-stack, "", @progbits
