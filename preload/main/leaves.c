/* SPDX-License-Identifier: MIT */
/*
 * Root's processes that become another user, or change their root folder or what is mounted, as
 * daemons do: from then on they cannot reach their session's folder. What there is to say to those
 * who read it is said before (session/leaving.h). The functions change nothing and lead on to the
 * next definition.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../session/leaving.h"
#include "../session/notes.h"
#include "../session/run_page.h"
#include "arch.h"
#include "leaves.h"
#include "next.h"

#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif

/* Not declared before glibc 2.36. */
int move_mount(int from, const char *what, int folder, const char *place, unsigned flags);

/* The call, between what is done before and after it. -1: that user stays who it was. */
#define BECOME(user, call)                                 \
	do {                                               \
		bool more_ = leaving_for_user(user);       \
		int status_ = call;                        \
		if (!status_)                              \
			leaving_done(LEFT_AS_USER, more_); \
		return status_;                            \
	} while (0)

static int leaves_setuid(uid_t user)
{
	BECOME(user, NEXT(setuid)(user));
}

static int leaves_seteuid(uid_t user)
{
	BECOME(user, NEXT(seteuid)(user));
}

static int leaves_setreuid(uid_t real, uid_t effective)
{
	BECOME(effective, NEXT(setreuid)(real, effective));
}

static int leaves_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	BECOME(effective, NEXT(setresuid)(real, effective, saved));
}

static int leaves_chroot(const char *path)
{
	bool more = leaving_more_behind();
	int status;

	leaving_prepare();
	status = NEXT(chroot)(path);
	if (!status)
		leaving_done(LEFT_ROOT_FOLDER, more);
	return status;
}

static int leaves_unshare(int flags)
{
	int status;

	leaving_prepare_for((unsigned)flags);
	status = NEXT(unshare)(flags);
	if (!status)
		leaving_for_namespaces((unsigned)flags);
	return status;
}

static int leaves_setns(int fd, int type)
{
	unsigned flags = leaving_flags(fd, type);
	int status;

	leaving_prepare_for(flags);
	status = NEXT(setns)(fd, type);
	if (!status)
		leaving_for_namespaces(flags);
	return status;
}

/* The call, after which another file system is there. */
#define HIDE(hides, call)                      \
	do {                                   \
		bool hides_ = hides;           \
		int status_ = call;            \
		if (hides_ && !status_)        \
			session_note_hidden(); \
		return status_;                \
	} while (0)

static int leaves_mount(const char *what, const char *place, const char *type, unsigned long flags,
	const void *data)
{
	HIDE(leaving_mount_hides(place, flags), NEXT(mount)(what, place, type, flags, data));
}

static int leaves_umount(const char *place)
{
	HIDE(leaving_unmount_hides(place), NEXT(umount)(place));
}

static int leaves_umount2(const char *place, int flags)
{
	HIDE(leaving_unmount_hides(place), NEXT(umount2)(place, flags));
}

/* In libc since glibc 2.36; before, programs use syscall(2). */
__attribute__((visibility("default"))) int move_mount(
	int from, const char *what, int folder, const char *place, unsigned flags)
{
	HIDE(leaving_move_hides(folder, place),
		(int)NEXT(syscall)(SYS_move_mount, from, what, folder, place, flags));
}

/*
 * int clone(int (*function)(void *), void *stack, int flags, ...). The child may be there before it
 * has come back, so this is said before.
 */
JUMPS static int leaves_clone(ARCH_SYSCALL_PARAMETERS)
{
	__typeof__(&leaves_clone) on = (__typeof__(&leaves_clone))next_known(&next.clone);

	if (b & CLONE_NEWNS)
		leaving_for_namespaces((unsigned)b);
	JUMP return on(ARCH_SYSCALL_ARGUMENTS);
}

/* Daemons wait for it to be 1: `gpuspy run` takes care of orphans in its place. */
static pid_t leaves_getppid(void)
{
	pid_t parent = NEXT(getppid)();

	return run_page_took_over(parent) ? 1 : parent;
}

#define EXPORT(name) NEXT_EXPORT(name, leaves)
NEXT_LEAVERS(EXPORT)

#define STAND(name) NEXT_STAND(name, leaves_##name)

void leaves_begin(void)
{
	NEXT_LEAVERS(STAND)
}
