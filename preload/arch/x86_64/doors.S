/* SPDX-License-Identifier: MIT */
/*
 * The doors of x86-64: the loader's functions as ld.so binds them in programs.
 *
 * glibc's own functions look at their return address to learn who calls (RTLD_NEXT, RTLD_DEFAULT,
 * a library's RUNPATH), so a call that needs nothing from us goes on by a jump: the caller's
 * return address stays where it was. What may need us goes to C, with the caller's return address
 * as a further argument.
 *
 * All of this may run before this library is relocated (an IFUNC resolver may call dlsym), so only
 * hidden symbols and no GOT are used.
 *
 * A door leads on to the next definition after this library's: another preloaded library may have
 * one and is to keep its say. Who had libc's own (by dlsym, under RTLD_DEEPBIND) gets a door that
 * leads on to libc's.
 */
#include "asm.h"

	.hidden loader_next, loader_real, loader_resolve, doors_open, doors_closed
	.hidden doors_dlsym, doors_dlvsym, doors_dlopen, doors_dlmopen, doors_dlclose
	.hidden doors_namespaces, doors_unseen, start_gmon_start
	.hidden hooks, hook_stubs, hook_stubs_end

	.text

/* The real functions are not known yet: finds them and goes to \again. */
	.macro RESOLVE again
	PUSH	%rdi
	PUSH	%rsi
	PUSH	%rdx
	PUSH	%rcx
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	loader_resolve
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	POP	%rcx
	POP	%rdx
	POP	%rsi
	POP	%rdi
	testl	%eax, %eax
	jnz	\again
	xorl	%eax, %eax		/* no libc found: as if there were no such symbol */
	ret
	.endm

/* void *dlsym(void *handle, const char *name) */
	.macro DLSYM_DOOR name functions
ENTRY(\name)
0:	cmpq	$0, loader_real + DLSYM(%rip)
	je	3f
	cmpl	$0, doors_open(%rip)
	je	2f
	testq	%rsi, %rsi
	jz	2f
	movq	(%rsp), %rdx
	PUSH	%rdi
	PUSH	%rsi
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	movq	\functions + DLSYM(%rip), %rcx
	call	doors_dlsym
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	POP	%rsi
	POP	%rdi
	testq	%rax, %rax
	jz	2f			/* nothing for us: the real one, as if called by the caller */
	ret
2:	notrack jmpq *\functions + DLSYM(%rip)
3:	RESOLVE	0b
END(\name)
	.endm

/* void *dlvsym(void *handle, const char *name, const char *version) */
	.macro DLVSYM_DOOR name functions
ENTRY(\name)
0:	cmpq	$0, loader_real + DLSYM(%rip)
	je	3f
	cmpl	$0, doors_open(%rip)
	je	2f
	testq	%rsi, %rsi
	jz	2f
	movq	(%rsp), %rcx
	PUSH	%rdi
	PUSH	%rsi
	PUSH	%rdx
	movq	\functions + DLVSYM(%rip), %r8
	call	doors_dlvsym
	POP	%rdx
	POP	%rsi
	POP	%rdi
	testq	%rax, %rax
	jz	2f
	ret
2:	notrack jmpq *\functions + DLVSYM(%rip)
3:	RESOLVE	0b
END(\name)
	.endm

/*
 * void *dlopen(const char *name, int flags): noted, then on by a jump. The program itself (NULL)
 * brings nothing.
 */
	.macro DLOPEN_DOOR name functions
ENTRY(\name)
0:	cmpq	$0, loader_real + DLSYM(%rip)
	je	3f
	cmpl	$0, doors_open(%rip)
	je	2f
	testq	%rdi, %rdi
	jz	2f
	movq	(%rsp), %rdx
	PUSH	%rdi
	PUSH	%rsi
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	doors_dlopen
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	POP	%rsi
	POP	%rdi
2:	notrack jmpq *\functions + DLOPEN(%rip)
3:	RESOLVE	0b
END(\name)
	.endm

DLSYM_DOOR door_dlsym loader_next
DLSYM_DOOR door_libc_dlsym loader_real
DLVSYM_DOOR door_dlvsym loader_next
DLVSYM_DOOR door_libc_dlvsym loader_real
DLOPEN_DOOR door_dlopen loader_next
DLOPEN_DOOR door_libc_dlopen loader_real

/*
 * void *dlmopen(Lmid_t space, const char *name, int flags): what comes into another namespace is not
 * looked into; that there is one is noted. For the program's own it is dlopen.
 */
	.macro DLMOPEN_DOOR name functions
ENTRY(\name)
0:	cmpq	$0, loader_real + DLSYM(%rip)
	je	3f
	cmpl	$0, doors_open(%rip)
	je	2f
	movq	(%rsp), %rcx
	PUSH	%rdi
	PUSH	%rsi
	PUSH	%rdx
	call	doors_dlmopen
	POP	%rdx
	POP	%rsi
	POP	%rdi
2:	notrack jmpq *\functions + DLMOPEN(%rip)
3:	RESOLVE	0b
END(\name)
	.endm

/*
 * int dlclose(void *handle): an address may be another object's afterwards. What came without a word
 * since the last look, or is in another namespace, is looked at before it goes.
 */
	.macro DLCLOSE_DOOR name functions
ENTRY(\name)
0:	cmpq	$0, loader_real + DLSYM(%rip)
	je	3f
	movl	$1, doors_closed(%rip)
	movl	doors_namespaces(%rip), %eax
	orl	doors_unseen(%rip), %eax
	jz	2f
	PUSH	%rdi
	call	doors_dlclose
	POP	%rdi
2:	notrack jmpq *\functions + DLCLOSE(%rip)
3:	RESOLVE	0b
END(\name)
	.endm

DLMOPEN_DOOR door_dlmopen loader_next
DLMOPEN_DOOR door_libc_dlmopen loader_real
DLCLOSE_DOOR door_dlclose loader_next
DLCLOSE_DOOR door_libc_dlclose loader_real

/*
 * int dladdr(const void *address, Dl_info *info): for a hook, of the function that it stands for.
 * dladdr1 has two arguments more.
 */
	.macro DLADDR_DOOR name functions offset
ENTRY(\name)
0:	cmpq	$0, loader_real + DLSYM(%rip)
	je	3f
	leaq	hook_stubs(%rip), %r11
	movq	%rdi, %r10
	subq	%r11, %r10
	cmpq	$16 * 4096, %r10	/* hooks.S: stubs of 16 bytes, hooks of 64 */
	jae	2f
	andq	$-16, %r10
	leaq	hooks(%rip), %r11
	movq	(%r11, %r10, 4), %rdi
2:	notrack jmpq *\functions + \offset(%rip)
3:	RESOLVE	0b
END(\name)
	.endm

DLADDR_DOOR door_dladdr loader_next DLADDR
DLADDR_DOOR door_dladdr1 loader_next DLADDR1
DLADDR_DOOR door_libc_dladdr loader_real DLADDR
DLADDR_DOOR door_libc_dladdr1 loader_real DLADDR1

/* void __gmon_start__(void): what an object's _init calls before its constructors run. */
ENTRY(door___gmon_start__)
	movq	(%rsp), %rdi
	jmp	start_gmon_start
END(door___gmon_start__)

PUBLIC(dlsym)
PUBLIC(dlvsym)
PUBLIC(dlopen)
PUBLIC(dlmopen)
PUBLIC(dlclose)
PUBLIC(dladdr)
PUBLIC(dladdr1)
PUBLIC(__gmon_start__)

/*
 * void *arch_call_from(const void *ret, void *function, a, b, c): calls function(a, b, c) so that
 * its return address is `ret`, a return instruction inside another object: glibc then takes that
 * object for its caller. With a shadow stack (CET) that cannot be: the call is then a plain one.
 */
ENTRY(arch_call_from)
	PUSH	%rbp
	.cfi_offset 6, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register 6
	subq	$8, %rsp
	movq	%rdi, %r10
	movq	%rsi, %r11
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	xorl	%eax, %eax
	rdsspq	%rax			/* leaves 0 where there is no shadow stack */
	testq	%rax, %rax
	jnz	2f
	leaq	1f(%rip), %rax
	pushq	%rax			/* where `ret` returns to */
	pushq	%r10
	notrack jmpq *%r11
1:	leave
	.cfi_remember_state
	.cfi_def_cfa 7, 8
	.cfi_restore 6
	ret
	.cfi_restore_state
2:	subq	$8, %rsp
	call	*%r11
	jmp	1b
END(arch_call_from)

/* void arch_call_on(void *top, void (*function)(void *), void *data): on the stack below `top`. */
ENTRY(arch_call_on)
	PUSH	%rbp
	.cfi_offset 6, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register 6
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	call	*%rsi
	leave
	.cfi_def_cfa 7, 8
	.cfi_restore 6
LABEL(arch_return)
	ret
END(arch_call_on)

ALL_OPENS

PROPERTIES
