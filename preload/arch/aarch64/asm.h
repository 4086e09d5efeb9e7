/* SPDX-License-Identifier: MIT */
/* What aarch64's assembly has of its own. */
#ifndef GPUSPY_ARCH_AARCH64_ASM_H
#define GPUSPY_ARCH_AARCH64_ASM_H

/* clang-format off */

/* By their numbers, assemblers of old know them; older processors do nothing there. */
#define BTI_C   hint	34
#define PACIASP hint	25
#define PACIBSP hint	27
#define CHKFEAT hint	40

#define LANDING BTI_C
#define JUMP    b

#include "../shared.h"

/* What is at a symbol of this library, or its address. */
	.macro LOAD register, symbol, offset=0
	adrp	x16, \symbol + \offset
	ldr	\register, [x16, :lo12:\symbol + \offset]
	.endm

	.macro ADDRESS register, symbol
	adrp	\register, \symbol
	add	\register, \register, :lo12:\symbol
	.endm

/* Indirect jumps lead to bti c, and are made by x16 or x17. (ELF for the Arm 64-bit architecture.) */
#define PROPERTIES                                      \
	.section .note.GNU-stack, "", %progbits;        \
	.section .note.gnu.property, "a", %note;        \
	.p2align 3;                                     \
	.word	4, 16, 5;                               \
	.asciz	"GNU";                                  \
	.word	0xc0000000, 4, 1, 0	/* GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI */

#endif
