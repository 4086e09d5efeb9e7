/* SPDX-License-Identifier: MIT */
/*
 * What the assembly of all processors has in common: where fields of C's structures lie, how a
 * routine begins and ends, and which functions of libc's have a jump of their own. Each asm.h says
 * before what LANDING is, where indirect jumps may lead, and JUMP, which goes to a symbol. All
 * routines are hidden; doors.S makes public what ld.so is to find. CFI is right at every
 * instruction (tests/hooks walks through them).
 */
#ifndef GPUSPY_ARCH_SHARED_H
#define GPUSPY_ARCH_SHARED_H

/* clang-format off */

/* hooks.c and threads.c assert these. */
#define HOOK_TARGET   0
#define HOOK_SLOT     16
#define HOOK_AFTER    24
#define HOOK_OBSERVER 32
#define HOOK_ROUTINE  40

#define OBSERVER_LAUNCHED 24

#define FRAME_RETURN    0
#define FRAME_SAVED     8
#define FRAME_HOOK      16
#define FRAME_STACK     24
#define FRAME_ARGUMENTS 32
#define FRAME_RESULT    120
#define FRAME_SIZE      128
/* As a stack pointer; see hooks/evidence.h. */
#define FRAME_GIVEN_UP  1
#define FRAME_FREE_BIT  62

#define THREAD_FRAME 0
#define THREAD_ENTRY 8

/* union loader_functions */
#define DLSYM   0
#define DLVSYM  8
#define DLOPEN  16
#define DLCLOSE 24
#define DLADDR  32
#define DLADDR1 40
#define DLMOPEN 48

#define ENTRY(name)              \
	.globl name;             \
	.hidden name;            \
	.type name, %function;   \
	.p2align 5;              \
	name:                    \
	.cfi_startproc;          \
	LANDING

#define END(name)                \
	.cfi_endproc;            \
	.size name, . - name

/* A place inside a routine that C knows. */
#define LABEL(name)              \
	.globl name;             \
	.hidden name;            \
	name:

#define PUBLIC(name) .globl name; .type name, %function; .set name, door_##name

/*
 * A function of libc's that opens files: main/opens.c leads on to the next definition. door_NAME is
 * this one's own name for it, for by the exported one it may find libc's.
 */
#define OPENS(name)              \
	.globl name, door_##name; \
	.type name, %function;   \
	.hidden opens_##name, door_##name; \
	.p2align 4;              \
	name:                    \
	door_##name:             \
	.cfi_startproc;          \
	LANDING;                 \
	JUMP opens_##name;       \
	.cfi_endproc;            \
	.size name, . - name

#define ALL_OPENS                \
	OPENS(open);             \
	OPENS(open64);           \
	OPENS(openat);           \
	OPENS(openat64);         \
	OPENS(__open_2);         \
	OPENS(__open64_2);       \
	OPENS(__openat_2);       \
	OPENS(__openat64_2);     \
	OPENS(fopen);            \
	OPENS(fopen64);          \
	OPENS(syscall);          \
	OPENS(prctl)

#endif
