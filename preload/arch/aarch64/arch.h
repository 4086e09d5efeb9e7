/* SPDX-License-Identifier: MIT */
/*
 * What differs from one processor architecture to the next, for aarch64 (AAPCS64, little-endian).
 */
#ifndef GPUSPY_ARCH_H
#define GPUSPY_ARCH_H

#include <elf.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Relocations that leave a function's address in a slot of 8 bytes (ELF for the Arm 64-bit
 * architecture, 5.7). */
#define ARCH_R_JUMP_SLOT R_AARCH64_JUMP_SLOT
#define ARCH_R_GLOB_DAT  R_AARCH64_GLOB_DAT
#define ARCH_R_ABSOLUTE  R_AARCH64_ABS64
/* Leaves the base plus a number. */
#define ARCH_R_RELATIVE R_AARCH64_RELATIVE
/* Leaves what a resolver says; copies a variable of a library's into the program. */
#define ARCH_R_IRELATIVE R_AARCH64_IRELATIVE
#define ARCH_R_COPY      R_AARCH64_COPY

/* What a filter of system calls is told (seccomp(2)). */
#define ARCH_AUDIT AUDIT_ARCH_AARCH64

/* hooks.S: a stub for each hook. */
#define ARCH_STUB_SIZE 16

/* Instructions begin at multiples of this; a return takes so many bytes, or less. */
#define ARCH_CODE_ALIGN  4
#define ARCH_RETURN_SIZE 12

/*
 * A return, to be looked for in a program's own code: arch_call_from() lets a call come from it. A
 * `ret` alone would go on to itself. The end of a function takes its return address from the stack:
 * ldp x29, x30, [sp], #n, and, where return addresses are signed, its proof.
 */
static inline bool arch_is_return(const char *code)
{
	enum { RET = 0xd65f03c0, RETAA = 0xd65f0bff, RETAB = 0xd65f0fff };
	enum { AUTIASP = 0xd50323bf, AUTIBSP = 0xd50323ff };
	enum { LDP = 0xa8c07bfd, LDP_MASK = 0xffe07fff };
	const uint32_t *at = (const uint32_t *)(const void *)code;

	if ((at[0] & LDP_MASK) != LDP || at[0] == LDP)
		return false;
	if (at[1] == AUTIASP || at[1] == AUTIBSP)
		return at[2] == RET;
	return at[1] == RET || at[1] == RETAA || at[1] == RETAB;
}

/*
 * Is a function called as all are? `other` is st_other of its symbol: those that take vectors of
 * any length keep registers that hooks use, and have arguments where hooks have none
 * (STO_AARCH64_VARIANT_PCS).
 */
static inline bool arch_is_called_as_usual(unsigned char other)
{
	enum { VARIANT_PCS = 0x80 };

	return !(other & VARIANT_PCS);
}

/*
 * A call pushes nothing, and who was called keeps its return address where it likes: nothing that
 * stands on a stack tells that a call is over.
 */
#define ARCH_RETURN_ON_STACK 0

/*
 * Where the call returns to that hook_slow() was asked about, by its stack pointer on entry:
 * hook_no_thread has put x30 there.
 */
static inline uintptr_t arch_return_address(uintptr_t stack)
{
	return *(const uintptr_t *)(stack - sizeof(uintptr_t));
}

/* The arguments of syscall(2) that are in registers. */
#define ARCH_SYSCALL_PARAMETERS long number, long a, long b, long c, long d, long e, long f
#define ARCH_SYSCALL_ARGUMENTS  number, a, b, c, d, e, f

/* Of a signal handler that came between the two, stxr learns, and all is done again. */
static inline void arch_count(uint64_t *counter, uint64_t n)
{
	uint64_t value;
	uint32_t failed;

	__asm__("1:	ldxr	%0, %2\n"
		"	add	%0, %0, %3\n"
		"	stxr	%w1, %0, %2\n"
		"	cbnz	%w1, 1b\n"
		: "=&r"(value), "=&r"(failed), "+Q"(*counter)
		: "rI"(n));
}

/* A system call without libc, for code that runs before this library is relocated. */
static inline long arch_syscall3(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc	#0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

static inline void arch_pause(void)
{
	__asm__ volatile("yield");
}

/* doors.S: calls the function on the stack below `top`, a multiple of 16. */
void arch_call_on(void *top, void (*function)(void *), void *data);

#endif
