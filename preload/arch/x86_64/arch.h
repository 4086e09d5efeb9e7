/* SPDX-License-Identifier: MIT */
/*
 * What differs from one processor architecture to the next, for x86-64 (System V ABI).
 *
 * Nothing outside preload/arch/ may know the architecture: meson puts the right folder on the
 * include path. A new one needs this header, asm.h, doors.S, hooks.S, levels.c, and options with
 * what the compiler and the linker are told there.
 */
#ifndef GPUSPY_ARCH_H
#define GPUSPY_ARCH_H

#include <elf.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Relocations that leave a function's address in a slot of 8 bytes (psABI, table 4.9). */
#define ARCH_R_JUMP_SLOT R_X86_64_JUMP_SLOT
#define ARCH_R_GLOB_DAT  R_X86_64_GLOB_DAT
#define ARCH_R_ABSOLUTE  R_X86_64_64
/* Leaves the base plus a number. */
#define ARCH_R_RELATIVE R_X86_64_RELATIVE
/* Leaves what a resolver says; copies a variable of a library's into the program. */
#define ARCH_R_IRELATIVE R_X86_64_IRELATIVE
#define ARCH_R_COPY      R_X86_64_COPY

/* What a filter of system calls is told (seccomp(2)). */
#define ARCH_AUDIT AUDIT_ARCH_X86_64

/* hooks.S: a stub for each hook. */
#define ARCH_STUB_SIZE 16

/* Instructions begin at multiples of this; a return takes so many bytes. */
#define ARCH_CODE_ALIGN  1
#define ARCH_RETURN_SIZE 1

/* A return, to be looked for in a program's own code: arch_call_from() lets a call come from it. */
static inline bool arch_is_return(const char *code)
{
	return *(const unsigned char *)code == 0xc3;
}

/* Is a function called as all are? `other` is st_other of its symbol. */
static inline bool arch_is_called_as_usual(unsigned char other)
{
	(void)other;
	return true;
}

/*
 * While a call is on its way, the word at its stack pointer says where it returns to: what stands
 * there can tell that it is not.
 */
#define ARCH_RETURN_ON_STACK 1

/* Where the call returns to that hook_slow() was asked about, by its stack pointer on entry. */
static inline uintptr_t arch_return_address(uintptr_t stack)
{
	return *(const uintptr_t *)stack;
}

/* The arguments of syscall(2) that are in registers. */
#define ARCH_SYSCALL_PARAMETERS long number, long a, long b, long c, long d, long e
#define ARCH_SYSCALL_ARGUMENTS  number, a, b, c, d, e

/* One instruction, so that no signal handler's own comes between; other threads have others. */
static inline void arch_count(uint64_t *counter, uint64_t n)
{
	__asm__("addq %1, %0" : "+m"(*counter) : "er"(n) : "cc");
}

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

/* doors.S: calls the function on the stack below `top`, a multiple of 16. */
void arch_call_on(void *top, void (*function)(void *), void *data);

#endif
