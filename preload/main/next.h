/* SPDX-License-Identifier: MIT */
/*
 * Functions of libc's that this library has too, and what comes next under their names: mostly
 * libc's, or those of another preloaded library.
 */
#ifndef GPUSPY_MAIN_NEXT_H
#define GPUSPY_MAIN_NEXT_H

#include <stdint.h>

#include "../doors/slots.h"

/* By the file that has them, starts.c, leaves.c, opens.c and end.c. */
/* clang-format off */
#define NEXT_STARTERS(DO) \
	DO(execve) DO(execv) DO(execvp) DO(execvpe) DO(execl) DO(execlp) DO(execle) DO(fexecve) \
	DO(posix_spawn) DO(posix_spawnp) DO(system) DO(popen) DO(_IO_popen) DO(_IO_proc_open) \
	DO(wordexp)
#define NEXT_LEAVERS(DO) \
	DO(setuid) DO(seteuid) DO(setreuid) DO(setresuid) DO(chroot) DO(unshare) DO(setns) DO(clone) \
	DO(mount) DO(umount) DO(umount2) DO(getppid)
#define NEXT_OPENERS(DO) \
	DO(open) DO(open64) DO(openat) DO(openat64) \
	DO(__open_2) DO(__open64_2) DO(__openat_2) DO(__openat64_2) DO(fopen) DO(fopen64) DO(syscall) \
	DO(prctl)
#define NEXT_ENDERS(DO) DO(_exit) DO(_Exit)
/* clang-format on */

#define NEXT_FIELD(name) void *name;

extern struct next {
	NEXT_STARTERS(NEXT_FIELD)
	NEXT_LEAVERS(NEXT_FIELD)
	NEXT_OPENERS(NEXT_FIELD)
	NEXT_ENDERS(NEXT_FIELD)
} next;

/*
 * Finds them all at once, at the start, when other threads may not yet load and unload objects: a
 * later look at the loader's list could find one that is just going. It takes no lock, and makes no
 * system call. One that is called before that, by an object that is initialised earlier, finds them
 * by itself.
 */
void next_find(void);

static inline void *next_known(void *const *function)
{
	if (__builtin_expect(!*function, 0))
		next_find();
	return *function;
}

/*
 * What has an argument more or less, perhaps on the caller's stack, is reached by a jump. That must
 * not be copied, for with fewer arguments another thread may write what is there.
 */
#ifdef __clang__
#define JUMP __attribute__((musttail))
#define JUMPS
#else
#define JUMP
#define JUMPS __attribute__((optimize("O2", "optimize-sibling-calls")))
#endif

/* One of them, with the type of libc's. */
#define NEXT(name) ((__typeof__(&name))next_known(&next.name))

/* At the start, in the slots of a program in which this library came late: NAME stands for it. */
#define NEXT_STAND(name, ours) \
	slots_stand(#name, next_known(&next.name), (void *)(uintptr_t)(ours));

/*
 * The exported name of PREFIX_NAME. Our own calls must not be by that, for they would find libc's,
 * which stand first when this library came late.
 */
#define NEXT_EXPORT(name, prefix) \
	__attribute__((visibility("default"), alias(#prefix "_" #name))) __typeof__(name) name;

#endif
