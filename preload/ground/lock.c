/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "fork.h"

_Static_assert((int)LOCKS <= (int)FORK_WORDS, "all locks are in the page that a fork wipes");

enum { FREE, TAKEN, AWAITED, SPINS = 64 };

/*
 * A thread that is cancelled while it holds a lock would hold it for ever, and growing the segment
 * has cancellation points (pthreads(7)). CUDA's functions are none, nor shall they become so.
 */
static __thread struct {
	unsigned depth;
	int state;
} cancelling __attribute__((tls_model("initial-exec")));

void cancel_hold(void)
{
	int state = PTHREAD_CANCEL_ENABLE; /* before glibc 2.34 not written without libpthread */

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (!cancelling.depth++)
		cancelling.state = state;
}

void cancel_release(void)
{
	if (!--cancelling.depth)
		pthread_setcancelstate(cancelling.state, NULL);
}

bool lock_is_held(void)
{
	return cancelling.depth != 0;
}

static void futex(uint32_t *word, int operation, uint32_t value)
{
	int saved = errno;

	syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
	errno = saved;
}

/* futex(7): a word that is awaited makes its giver wake a sleeper. */
void lock_take(enum lock lock)
{
	uint32_t *word = &fork_page->words[lock], seen = FREE;

	fork_page_mark_lock();
	cancel_hold();
	for (unsigned tries = 0; tries < SPINS; tries++, seen = FREE) {
		if (__atomic_compare_exchange_n(
			    word, &seen, TAKEN, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
		arch_pause();
	}
	while (__atomic_exchange_n(word, AWAITED, __ATOMIC_ACQUIRE) != FREE)
		futex(word, FUTEX_WAIT, AWAITED);
}

void lock_give(enum lock lock)
{
	uint32_t *word = &fork_page->words[lock];

	if (__atomic_exchange_n(word, FREE, __ATOMIC_RELEASE) == AWAITED)
		futex(word, FUTEX_WAKE, 1);
	cancel_release();
}
