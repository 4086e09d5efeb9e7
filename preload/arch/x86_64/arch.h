/* SPDX-License-Identifier: MIT */
/*
 * What differs from one processor architecture to the next, for x86-64 (System V ABI).
 *
 * Nothing outside preload/arch/ may know the architecture: meson puts the right folder on the
 * include path. A new one needs this header, doors.S and hooks.S.
 */
#ifndef GPUSPY_ARCH_H
#define GPUSPY_ARCH_H

#include <elf.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Relocations that leave a function's address in a slot of 8 bytes (psABI, table 4.9). */
#define ARCH_R_JUMP_SLOT R_X86_64_JUMP_SLOT
#define ARCH_R_GLOB_DAT  R_X86_64_GLOB_DAT
#define ARCH_R_ABSOLUTE  R_X86_64_64
/* Leaves the base plus a number. */
#define ARCH_R_RELATIVE R_X86_64_RELATIVE

/* A return instruction, to be looked for in a program's own code; see arch_call_from(). */
static const unsigned char arch_ret[] = { 0xc3 };
#define ARCH_CODE_ALIGN 1

/* A system call without libc, for code that runs before this library is relocated. */
static inline long arch_syscall3(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static inline void arch_pause(void)
{
	__builtin_ia32_pause();
}

#endif
