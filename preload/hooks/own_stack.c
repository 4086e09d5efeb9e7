/* SPDX-License-Identifier: MIT */
#include "own_stack.h"

#include <pthread.h>

#include "../objects/functions.h"

/* From <link.h>'s side of ld.so: where the first thread's stack began. */
extern void *__libc_stack_end;

/* Linux leaves at least so much between that and the first mapping (mmap_base()). */
enum { FIRST_STACK = 128 << 20 };

/* What an instruction raises: it ends the process where it is blocked. */
static const int raised[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS };

sigset_t signals_block(void)
{
	sigset_t blocked, before;

	sigfillset(&blocked);
	for (unsigned i = 0; i < sizeof(raised) / sizeof(raised[0]); i++)
		sigdelset(&blocked, raised[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	return before;
}

/*
 * The first thread's is known without asking; what pthread_getattr_np() reads for it,
 * /proc/self/maps, a sandbox may forbid.
 */
void own_stack_find(struct range *own, uintptr_t stack)
{
	uintptr_t end = (uintptr_t)__libc_stack_end;
	pthread_attr_t attributes;
	sigset_t before;
	void *low;
	size_t size;

	if (stack < end && end - stack < FIRST_STACK) {
		*own = (struct range){ end - FIRST_STACK, end };
		return;
	}
	if (!__atomic_load_n(&loader_threads.key_create, __ATOMIC_ACQUIRE))
		return;
	before = signals_block();
	if (!own->high && !loader_threads.getattr_np(pthread_self(), &attributes)) {
		if (!loader_threads.attr_getstack(&attributes, &low, &size))
			*own = (struct range){ (uintptr_t)low, (uintptr_t)low + size };
		pthread_attr_destroy(&attributes);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}
