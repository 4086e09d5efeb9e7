/*
 * The doors of x86-64: dlsym, dlvsym, dlopen and __gmon_start__ as ld.so binds them in programs.
 *
 * glibc's own functions look at their return address to learn who calls (RTLD_NEXT, RTLD_DEFAULT,
 * a library's RUNPATH), so a call that needs nothing from us goes on by a jump: the caller's
 * return address stays where it was. What may need us goes to C, with the caller's return address
 * as a further argument.
 *
 * All of this may run before this library is relocated (an IFUNC resolver may call dlsym), so only
 * hidden symbols and no GOT are used.
 */
	.hidden real_dlsym, real_dlvsym, next_dlopen, real_resolve
	.hidden doors_open, doors_unseen_code, doors_dlsym, doors_dlvsym, doors_dlopen, start_gmon_start

	.text

/* The real functions are not known yet: finds them and goes to \again. */
	.macro RESOLVE again
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	call	real_resolve
	popq	%rdx
	popq	%rsi
	popq	%rdi
	testl	%eax, %eax
	jnz	\again
	xorl	%eax, %eax		/* no libc found: as if there were no such symbol */
	ret
	.endm

/* Goes to \yes for a name that could need a hook: cu..., nccl..., pnccl..., __cuda... */
	.macro IF_OF_INTEREST yes
	cmpb	$'c', (%rsi)
	je	\yes
	cmpb	$'n', (%rsi)
	je	\yes
	cmpb	$'p', (%rsi)
	je	\yes
	cmpb	$'_', (%rsi)
	je	\yes
	.endm

/* void *dlsym(void *handle, const char *name) */
	.globl	dlsym
	.type	dlsym, @function
	.p2align 4
dlsym:
	endbr64
0:	cmpq	$0, real_dlsym(%rip)
	je	3f
	cmpl	$0, doors_open(%rip)
	je	2f
	testq	%rsi, %rsi
	jz	2f
	cmpl	$0, doors_unseen_code(%rip)
	jne	1f
	IF_OF_INTEREST 1f
2:	jmpq	*real_dlsym(%rip)
1:	movq	(%rsp), %rdx
	pushq	%rdi
	pushq	%rsi
	subq	$8, %rsp
	call	doors_dlsym
	addq	$8, %rsp
	popq	%rsi
	popq	%rdi
	testq	%rax, %rax
	jz	2b			/* nothing for us: the real one, as if called by the caller */
	ret
3:	RESOLVE	0b
	.size	dlsym, .-dlsym

/* void *dlvsym(void *handle, const char *name, const char *version) */
	.globl	dlvsym
	.type	dlvsym, @function
	.p2align 4
dlvsym:
	endbr64
0:	cmpq	$0, real_dlsym(%rip)
	je	3f
	cmpl	$0, doors_open(%rip)
	je	2f
	testq	%rsi, %rsi
	jz	2f
	IF_OF_INTEREST 1f
2:	jmpq	*real_dlvsym(%rip)
1:	movq	(%rsp), %rcx
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	call	doors_dlvsym
	popq	%rdx
	popq	%rsi
	popq	%rdi
	testq	%rax, %rax
	jz	2b
	ret
3:	RESOLVE	0b
	.size	dlvsym, .-dlvsym

/* void *dlopen(const char *name, int flags): noted, then on by a jump. */
	.globl	dlopen
	.type	dlopen, @function
	.p2align 4
dlopen:
	endbr64
0:	cmpq	$0, real_dlsym(%rip)
	je	3f
	cmpl	$0, doors_open(%rip)
	je	2f
	movq	(%rsp), %rdx
	pushq	%rdi
	pushq	%rsi
	subq	$8, %rsp
	call	doors_dlopen
	addq	$8, %rsp
	popq	%rsi
	popq	%rdi
2:	jmpq	*next_dlopen(%rip)
3:	RESOLVE	0b
	.size	dlopen, .-dlopen

/* void __gmon_start__(void): what an object's _init calls before its constructors run. */
	.globl	__gmon_start__
	.type	__gmon_start__, @function
	.p2align 4
__gmon_start__:
	endbr64
	jmp	start_gmon_start
	.size	__gmon_start__, .-__gmon_start__

/*
 * void *arch_call_from(const void *ret, void *function, a, b, c): calls function(a, b, c) so that
 * its return address is `ret`, a return instruction inside another object: glibc then takes that
 * object for its caller.
 */
	.globl	arch_call_from
	.hidden	arch_call_from
	.type	arch_call_from, @function
	.p2align 4
arch_call_from:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register 6
	subq	$8, %rsp
	leaq	1f(%rip), %rax
	pushq	%rax			/* where `ret` returns to */
	pushq	%rdi
	movq	%rsi, %rax
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	jmpq	*%rax
1:	leave
	.cfi_def_cfa 7, 8
	ret
	.cfi_endproc
	.size	arch_call_from, .-arch_call_from

	.section .note.GNU-stack, "", @progbits
