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
	add	x19, x1, 19
	add	x20, x1, 20
	add	x21, x1, 21
	add	x22, x1, 22
	add	x23, x1, 23
	add	x24, x1, 24
	add	x25, x1, 25
	add	x26, x1, 26
	add	x27, x1, 27
	add	x28, x1, 28
	mov	x0, x2
	mov	x1, x3
	blr	x9
	ldr	x1, [sp, 96]
	mov	x9, 0
	sub	x10, x19, x1
	sub	x10, x10, 19
	orr	x9, x9, x10
	sub	x10, x20, x1
	sub	x10, x10, 20
	orr	x9, x9, x10
	sub	x10, x21, x1
	sub	x10, x10, 21
	orr	x9, x9, x10
	sub	x10, x22, x1
	sub	x10, x10, 22
	orr	x9, x9, x10
	sub	x10, x23, x1
	sub	x10, x10, 23
	orr	x9, x9, x10
	sub	x10, x24, x1
	sub	x10, x10, 24
	orr	x9, x9, x10
	sub	x10, x25, x1
	sub	x10, x10, 25
	orr	x9, x9, x10
	sub	x10, x26, x1
	sub	x10, x10, 26
	orr	x9, x9, x10
	sub	x10, x27, x1
	sub	x10, x10, 27
	orr	x9, x9, x10
	sub	x10, x28, x1
	sub	x10, x10, 28
	orr	x9, x9, x10
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
