/* SPDX-License-Identifier: MIT */
/*
 * A GPU's device files that are opened by the program itself, without a library of the GPU's: in a
 * child that is killed, by a program that has nothing to count, or closed again before the end,
 * when the second witness looks. The path is read after the call, for only then it is known to be
 * readable. Nothing is changed, and other files cost a comparison or two.
 *
 * And what a program puts over itself: filters of system calls (seccomp(2)), which could kill for
 * what is asked of the kernel at the end, and rules of Landlock, behind which no record can be
 * made.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* it would make one function of open and open64 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../ground/path.h"
#include "../session/filtered.h"
#include "../session/imports.h"
#include "../session/leaving.h"
#include "../session/notes.h"
#include "../session/session.h"
#include "../session/witness.h"
#include "next.h"
#include "opens.h"
#include "starts.h"
#include "waiting.h"

#ifndef SYS_openat2 /* before glibc 2.32 */
#define SYS_openat2 437
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

/* Not declared where the program's own code is not fortified. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

/* This library, from its first byte to the end of its code (made by the linker). */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

/* To see whether they can be opened (session/access.c), and what else stands below /dev. */
static bool is_own(const char *caller)
{
	return caller >= __ehdr_start && caller < etext;
}

static bool is_everyday(const char *path)
{
	static const char names[][16] = { "/dev/null", "/dev/tty", "/dev/urandom" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(path, names[i]))
			return true;
	return false;
}

/* The file's own path, where it was opened by another: "nvidia0" in /dev, /dev/char/195:0. */
static const char *real_path(int fd, const char *path, char *real, size_t size)
{
	char link[32];
	ssize_t n = -1;

	if (!witness_is_device(path) && !is_everyday(path) && !witness_is_filtered()) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, real, size - 1);
	}
	if (n <= 0)
		return path;
	real[n] = 0;
	return real;
}

static void note(int fd, const char *path)
{
	int saved = errno;
	char real[128];

	path = real_path(fd, path, real, sizeof(real));
	if (witness_is_device(path)) {
		waiting_ends();
		if (session_joined())
			witness_opened(path);
	}
	errno = saved;
}

/* Below /dev, or anywhere with such a name. */
static inline bool may_be_device(const char *path)
{
	return !strncmp(path, "/dev/", 5) || witness_may_be_device(path_file(path));
}

static inline void opened(int fd, const char *path, const char *caller)
{
	if (__builtin_expect(may_be_device(path), 0) && !is_own(caller))
		note(fd, path);
}

#define CALLER ((const char *)__builtin_return_address(0))

/* It is there only when a file may be made (open(2)). */
#define MODE(flags)                                                      \
	({                                                               \
		mode_t mode_ = 0;                                        \
		va_list list_;                                           \
		va_start(list_, flags);                                  \
		if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) \
			mode_ = va_arg(list_, mode_t);                   \
		va_end(list_);                                           \
		mode_;                                                   \
	})

#define OPEN(call)                         \
	int fd_ = call;                    \
	if (fd_ >= 0)                      \
		opened(fd_, path, CALLER); \
	return fd_

int opens_open(const char *path, int flags, ...)
{
	mode_t mode = MODE(flags);
	OPEN(NEXT(open)(path, flags, mode));
}

int opens_open64(const char *path, int flags, ...)
{
	mode_t mode = MODE(flags);
	OPEN(NEXT(open64)(path, flags, mode));
}

int opens_openat(int folder, const char *path, int flags, ...)
{
	mode_t mode = MODE(flags);
	OPEN(NEXT(openat)(folder, path, flags, mode));
}

int opens_openat64(int folder, const char *path, int flags, ...)
{
	mode_t mode = MODE(flags);
	OPEN(NEXT(openat64)(folder, path, flags, mode));
}

int opens___open_2(const char *path, int flags)
{
	OPEN(NEXT(__open_2)(path, flags));
}

int opens___open64_2(const char *path, int flags)
{
	OPEN(NEXT(__open64_2)(path, flags));
}

int opens___openat_2(int folder, const char *path, int flags)
{
	OPEN(NEXT(__openat_2)(folder, path, flags));
}

int opens___openat64_2(int folder, const char *path, int flags)
{
	OPEN(NEXT(__openat64_2)(folder, path, flags));
}

/* seccomp(2) with its first two operations, prctl(2). */
static bool is_filter(long number, unsigned operation)
{
	if (number == SYS_seccomp)
		return operation <= 1;
	return number == SYS_prctl && operation == PR_SET_SECCOMP;
}

/* The filter, of the arguments; NULL: none is given. */
static const struct sock_fprog *filter_of(long number, long a, long b, long c)
{
	if (number == SYS_seccomp)
		return a == SECCOMP_SET_MODE_FILTER ? (const void *)c : NULL;
	return b == SECCOMP_MODE_FILTER ? (const void *)c : NULL;
}

static bool is_looked_at(long number)
{
	static const short numbers[] = { SYS_openat, SYS_openat2, SYS_seccomp, SYS_prctl,
		SYS_clone3, SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_move_mount };

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (number == numbers[i])
			return true;
	return false;
}

/* Will what is mounted hide something of the session's? */
static bool hides(long number, long a, long b, long c, long d)
{
	if (number == SYS_mount)
		return leaving_mount_hides((const char *)b, (unsigned long)d);
	if (number == SYS_umount2)
		return leaving_unmount_hides((const char *)a);
	return number == SYS_move_mount && leaving_move_hides((int)c, (const char *)d);
}

/* Behind them nothing can be noted any more. They are for what the program becomes, or starts. */
static void rules_come(int rules)
{
	int saved = errno;

	/* What is started behind a filter that kills is noted then. */
	if (session_joined() && !filter_kills() && imports_can_become() &&
		fcntl(rules, F_GETFD) >= 0)
		session_note_apart();
	errno = saved;
}

static void before(long number, long a, long b, long c, long d)
{
	/* It comes back twice, so this is said before. */
	if (number == SYS_clone && (a & CLONE_NEWNS))
		leaving_for_namespaces((unsigned)a);
	else if (number == SYS_chroot || number == SYS_pivot_root)
		leaving_prepare();
	else if (number == SYS_unshare)
		leaving_prepare_for((unsigned)a);
	else if (number == SYS_setns)
		leaving_prepare_for(leaving_flags((int)a, (int)b));
	else if (number == SYS_execve)
		starts_by_call(AT_FDCWD, (const char *)a, (char *const *)c);
	else if (number == SYS_execveat)
		starts_by_call((int)a, (const char *)b, (char *const *)d);
	else if (number == SYS_landlock_restrict_self)
		rules_come((int)a);
	else if (is_filter(number, (unsigned)a))
		witness_filter_comes(filter_of(number, a, b, c));
}

/* The first field of struct clone_args, clone(2), are the flags; the parent has a number > 0. */
static void after(long number, long result, long a, long b)
{
	if (number == SYS_clone3 && result > 0)
		leaving_for_namespaces((unsigned)*(const uint64_t *)a);
	else if (number == SYS_unshare)
		leaving_for_namespaces((unsigned)a);
	else if (number == SYS_setns)
		leaving_for_namespaces(leaving_flags((int)a, (int)b));
}

JUMPS long opens_syscall(ARCH_SYSCALL_PARAMETERS)
{
	__typeof__(&opens_syscall) on = (__typeof__(&opens_syscall))next_known(&next.syscall);
	long result;
	bool hidden;

	before(number, a, b, c, d);
	if (!is_looked_at(number))
		JUMP return on(ARCH_SYSCALL_ARGUMENTS);
	hidden = hides(number, a, b, c, d);
	result = on(ARCH_SYSCALL_ARGUMENTS);
	if (hidden && result >= 0)
		session_note_hidden();
	if (is_filter(number, (unsigned)a))
		witness_filter_came(result >= 0);
	if (result >= 0 && (number == SYS_openat || number == SYS_openat2))
		opened((int)result, (const char *)b, CALLER);
	else if (result >= 0)
		after(number, result, a, b);
	return result;
}

/* Four arguments, whatever the option: libc reads as many. */
int opens_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	bool filters = is_filter(SYS_prctl, (unsigned)option);
	int result;

	if (filters)
		witness_filter_comes(filter_of(SYS_prctl, option, (long)a, (long)b));
	result = NEXT(prctl)(option, a, b, c, d);
	if (filters)
		witness_filter_came(!result);
	return result;
}

FILE *opens_fopen(const char *path, const char *mode)
{
	FILE *file = NEXT(fopen)(path, mode);

	if (file)
		opened(fileno(file), path, CALLER);
	return file;
}

FILE *opens_fopen64(const char *path, const char *mode)
{
	FILE *file = NEXT(fopen64)(path, mode);

	if (file)
		opened(fileno(file), path, CALLER);
	return file;
}

#define DOOR(name) extern char door_##name[];
NEXT_OPENERS(DOOR)

#define STAND(name) NEXT_STAND(name, door_##name)

void opens_begin(void)
{
	NEXT_OPENERS(STAND)
}
