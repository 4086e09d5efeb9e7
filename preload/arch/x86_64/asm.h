/* SPDX-License-Identifier: MIT */
/* What x86-64's assembly has of its own. */
#ifndef GPUSPY_ARCH_X86_64_ASM_H
#define GPUSPY_ARCH_X86_64_ASM_H

/* clang-format off */

#define LANDING endbr64
#define JUMP    jmp

#include "../shared.h"

	.macro PUSH register
	pushq	\register
	.cfi_adjust_cfa_offset 8
	.endm

	.macro POP register
	popq	\register
	.cfi_adjust_cfa_offset -8
	.endm

/*
 * This code keeps to both halves of CET: indirect jumps lead to endbr64 or have notrack, and what
 * is taken off the stack comes back before the return. (AMD64 ABI, "Program Property".)
 */
#define PROPERTIES                                      \
	.section .note.GNU-stack, "", @progbits;        \
	.section .note.gnu.property, "a", @note;        \
	.p2align 3;                                     \
	.long	4, 16, 5;                               \
	.asciz	"GNU";                                  \
	.long	0xc0000002, 4, 3, 0	/* GNU_PROPERTY_X86_FEATURE_1_AND: IBT, SHSTK */

#endif
