/* SPDX-License-Identifier: MIT */
/* long step_call(void *call, const long a[11]) (walk.c). */
	.text
	.globl	step_call, step_home
	.type	step_call, %function
step_call:
	.cfi_startproc
	sub	sp, sp, 48
	.cfi_def_cfa_offset 48
	stp	x29, x30, [sp, 32]
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov	x16, x0
	mov	x9, x1
	ldp	x0, x1, [x9, 64]
	stp	x0, x1, [sp]
	ldr	x0, [x9, 80]
	str	x0, [sp, 16]
	ldp	x0, x1, [x9]
	ldp	x2, x3, [x9, 16]
	ldp	x4, x5, [x9, 32]
	ldp	x6, x7, [x9, 48]
	blr	x16
step_home:
	ldp	x29, x30, [sp, 32]
	add	sp, sp, 48
	.cfi_def_cfa_offset 0
	.cfi_restore 29
	.cfi_restore 30
	ret
	.cfi_endproc
	.size	step_call, . - step_call
	.section .note.GNU-stack, "", %progbits
