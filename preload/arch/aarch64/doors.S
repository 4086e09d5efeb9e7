/* SPDX-License-Identifier: MIT */
/*
 * The doors of aarch64: the loader's functions as ld.so binds them in programs.
 *
 * glibc's own functions look at their return address to learn who calls (RTLD_NEXT, RTLD_DEFAULT,
 * a library's RUNPATH), so a call that needs nothing from us goes on by a jump: x30 stays as it
 * was. What may need us goes to C, with the caller's return address as a further argument.
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

/* Around a call of C: the arguments, and the way back. */
	.macro SAVE
	stp	x29, x30, [sp, -48]!
	.cfi_def_cfa_offset 48
	.cfi_offset 29, -48
	.cfi_offset 30, -40
	mov	x29, sp
	stp	x0, x1, [sp, 16]
	stp	x2, x3, [sp, 32]
	.endm

	.macro RESTORE
	ldp	x0, x1, [sp, 16]
	ldp	x2, x3, [sp, 32]
	ldp	x29, x30, [sp], 48
	.cfi_def_cfa_offset 0
	.cfi_restore 29
	.cfi_restore 30
	.endm

/* The real functions are not known yet: finds them and goes to \again. */
	.macro RESOLVE again
	SAVE
	bl	loader_resolve
	mov	w9, w0
	RESTORE
	cbnz	w9, \again
	mov	x0, 0			/* no libc found: as if there were no such symbol */
	ret
	.endm

	.macro GO_ON functions, offset
	LOAD	x16, \functions, \offset
	br	x16
	.endm

/* void *dlsym(void *handle, const char *name) */
	.macro DLSYM_DOOR name, functions
ENTRY(\name)
0:	LOAD	x16, loader_real, DLSYM
	cbz	x16, 3f
	LOAD	w16, doors_open
	cbz	w16, 2f
	cbz	x1, 2f
	SAVE
	mov	x2, x30
	LOAD	x3, \functions, DLSYM
	bl	doors_dlsym
	mov	x9, x0
	RESTORE
	cbz	x9, 2f			/* nothing for us: the real one, as if called by the caller */
	mov	x0, x9
	ret
2:	GO_ON	\functions, DLSYM
3:	RESOLVE	0b
END(\name)
	.endm

/* void *dlvsym(void *handle, const char *name, const char *version) */
	.macro DLVSYM_DOOR name, functions
ENTRY(\name)
0:	LOAD	x16, loader_real, DLSYM
	cbz	x16, 3f
	LOAD	w16, doors_open
	cbz	w16, 2f
	cbz	x1, 2f
	SAVE
	mov	x3, x30
	LOAD	x4, \functions, DLVSYM
	bl	doors_dlvsym
	mov	x9, x0
	RESTORE
	cbz	x9, 2f
	mov	x0, x9
	ret
2:	GO_ON	\functions, DLVSYM
3:	RESOLVE	0b
END(\name)
	.endm

/*
 * void *dlopen(const char *name, int flags): noted, then on by a jump. The program itself (NULL)
 * brings nothing.
 */
	.macro DLOPEN_DOOR name, functions
ENTRY(\name)
0:	LOAD	x16, loader_real, DLSYM
	cbz	x16, 3f
	LOAD	w16, doors_open
	cbz	w16, 2f
	cbz	x0, 2f
	SAVE
	mov	x2, x30
	bl	doors_dlopen
	RESTORE
2:	GO_ON	\functions, DLOPEN
3:	RESOLVE	0b
END(\name)
	.endm

DLSYM_DOOR door_dlsym, loader_next
DLSYM_DOOR door_libc_dlsym, loader_real
DLVSYM_DOOR door_dlvsym, loader_next
DLVSYM_DOOR door_libc_dlvsym, loader_real
DLOPEN_DOOR door_dlopen, loader_next
DLOPEN_DOOR door_libc_dlopen, loader_real

/*
 * void *dlmopen(Lmid_t space, const char *name, int flags): what comes into another namespace is not
 * looked into; that there is one is noted. For the program's own it is dlopen.
 */
	.macro DLMOPEN_DOOR name, functions
ENTRY(\name)
0:	LOAD	x16, loader_real, DLSYM
	cbz	x16, 3f
	LOAD	w16, doors_open
	cbz	w16, 2f
	SAVE
	mov	x3, x30
	bl	doors_dlmopen
	RESTORE
2:	GO_ON	\functions, DLMOPEN
3:	RESOLVE	0b
END(\name)
	.endm

/*
 * int dlclose(void *handle): an address may be another object's afterwards. What came without a word
 * since the last look, or is in another namespace, is looked at before it goes.
 */
	.macro DLCLOSE_DOOR name, functions
ENTRY(\name)
0:	LOAD	x16, loader_real, DLSYM
	cbz	x16, 3f
	adrp	x16, doors_closed
	mov	w17, 1
	str	w17, [x16, :lo12:doors_closed]
	LOAD	w17, doors_unseen
	LOAD	w16, doors_namespaces
	orr	w16, w16, w17
	cbz	w16, 2f
	SAVE
	bl	doors_dlclose
	RESTORE
2:	GO_ON	\functions, DLCLOSE
3:	RESOLVE	0b
END(\name)
	.endm

DLMOPEN_DOOR door_dlmopen, loader_next
DLMOPEN_DOOR door_libc_dlmopen, loader_real
DLCLOSE_DOOR door_dlclose, loader_next
DLCLOSE_DOOR door_libc_dlclose, loader_real

/*
 * int dladdr(const void *address, Dl_info *info): for a hook, of the function that it stands for.
 * dladdr1 has two arguments more.
 */
	.macro DLADDR_DOOR name, functions, offset
ENTRY(\name)
0:	LOAD	x16, loader_real, DLSYM
	cbz	x16, 3f
	ADDRESS	x16, hook_stubs
	sub	x17, x0, x16
	lsr	x9, x17, 16		/* hooks.S: 4096 stubs of 16 bytes, hooks of 64 */
	cbnz	x9, 2f
	and	x17, x17, -16
	lsl	x17, x17, 2
	ADDRESS	x16, hooks
	ldr	x0, [x16, x17]
2:	GO_ON	\functions, \offset
3:	RESOLVE	0b
END(\name)
	.endm

DLADDR_DOOR door_dladdr, loader_next, DLADDR
DLADDR_DOOR door_dladdr1, loader_next, DLADDR1
DLADDR_DOOR door_libc_dladdr, loader_real, DLADDR
DLADDR_DOOR door_libc_dladdr1, loader_real, DLADDR1

/* void __gmon_start__(void): what an object's _init calls before its constructors run. */
ENTRY(door___gmon_start__)
	mov	x0, x30
	b	start_gmon_start
END(door___gmon_start__)

PUBLIC(dlsym)
PUBLIC(dlvsym)
PUBLIC(dlopen)
PUBLIC(dlmopen)
PUBLIC(dlclose)
PUBLIC(dladdr)
PUBLIC(dladdr1)
PUBLIC(__gmon_start__)

/* Is the instruction after the first of a return, in w11, that one? */
	.macro IS_NEXT word, label
	mov	w12, \word & 0xffff
	movk	w12, \word >> 16, lsl 16
	cmp	w11, w12
	b.eq	\label
	.endm

/*
 * void *arch_call_from(const void *ret, void *function, a, b, c): calls function(a, b, c) so that
 * its return address is `ret`, a return inside another object (arch_is_return()): glibc then takes
 * that object for its caller. The return takes our own address from the stack, as we lay it there.
 * With a guarded control stack that cannot be: the call is then a plain one.
 */
ENTRY(arch_call_from)
	stp	x29, x30, [sp, -16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov	x29, sp
	.cfi_def_cfa_register 29
	mov	x10, x0
	mov	x17, x1
	mov	x0, x2
	mov	x1, x3
	mov	x2, x4
	mov	x16, 1
	CHKFEAT				/* leaves 0 in x16 where there is one */
	cbz	x16, 2f
	ldr	w9, [x10]		/* ldp x29, x30, [sp], #8 * these bits */
	ubfx	x9, x9, 15, 6
	lsl	x9, x9, 3
	adr	x30, 1f
	ldr	w11, [x10, 4]
	IS_NEXT 0xd50323bf, 4f		/* autiasp */
	IS_NEXT 0xd65f0bff, 4f		/* retaa */
	IS_NEXT 0xd50323ff, 5f		/* autibsp */
	IS_NEXT 0xd65f0fff, 5f		/* retab */
3:	sub	x9, x29, x9
	mov	sp, x9
	stp	x29, x30, [sp]
	mov	x30, x10
	br	x17
4:	PACIASP				/* sp is what it will be there */
	b	3b
5:	PACIBSP
	b	3b
2:	blr	x17
1:	mov	sp, x29
	ldp	x29, x30, [sp], 16
	.cfi_def_cfa 31, 0
	.cfi_restore 29
	.cfi_restore 30
	ret
END(arch_call_from)

/* void arch_call_on(void *top, void (*function)(void *), void *data): on the stack below `top`. */
ENTRY(arch_call_on)
	stp	x29, x30, [sp, -16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov	x29, sp
	.cfi_def_cfa_register 29
	mov	sp, x0
	mov	x0, x2
	blr	x1
	mov	sp, x29
LABEL(arch_return)
	ldp	x29, x30, [sp], 16
	.cfi_def_cfa 31, 0
	.cfi_restore 29
	.cfi_restore 30
	ret
END(arch_call_on)

ALL_OPENS

PROPERTIES
