/* SPDX-License-Identifier: MIT */
/* As after a call from a trampoline at the very top of a stack, above which nothing is mapped. */
	.text
	.globl	on_stack
	.type	on_stack, %function
on_stack:
	stp	x29, x30, [sp, -16]!
	mov	x29, sp
	mov	sp, x0
	bl	cuCtxSynchronize
	mov	sp, x29
	ldp	x29, x30, [sp], 16
	ret
	.size	on_stack, . - on_stack
	.section .note.GNU-stack, "", %progbits
