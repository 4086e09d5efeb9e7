/* SPDX-License-Identifier: MIT */
/* int keeps(void (*call)(void), long own, long a, long b): see coroutines.h. */
	.text
	.globl	keeps
	.type	keeps, %function
keeps:
	stp	x29, x30, [sp, -112]!
	mov	x29, sp
	stp	x19, x20, [sp, 16]
	stp	x21, x22, [sp, 32]
	stp	x23, x24, [sp, 48]
	stp	x25, x26, [sp, 64]
	stp	x27, x28, [sp, 80]
	str	x1, [sp, 96]
	mov	x9, x0
	.irp	n, 19,20,21,22,23,24,25,26,27,28
	add	x\n, x1, \n
	.endr
	mov	x0, x2
	mov	x1, x3
	blr	x9
	ldr	x1, [sp, 96]
	mov	x9, 0
	.irp	n, 19,20,21,22,23,24,25,26,27,28
	sub	x10, x\n, x1
	sub	x10, x10, \n
	orr	x9, x9, x10
	.endr
	cbz	x9, 1f
	mov	w0, -1
1:	ldp	x19, x20, [sp, 16]
	ldp	x21, x22, [sp, 32]
	ldp	x23, x24, [sp, 48]
	ldp	x25, x26, [sp, 64]
	ldp	x27, x28, [sp, 80]
	ldp	x29, x30, [sp], 112
	ret
	.size	keeps, . - keeps
	.section .note.GNU-stack, "", %progbits
