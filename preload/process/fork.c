#include "fork.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "arch.h"

struct fork_page *fork_page;

static void wipe(void)
{
	memset(fork_page, 0, sizeof(*fork_page));
}

int fork_page_make(void)
{
	void *page = mmap(NULL, sizeof(*fork_page), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return -1;
	fork_page = page;
	fork_page->same = 1;
	/* Older kernels: at least fork(2) as libc knows it. */
	if (madvise(page, sizeof(*fork_page), MADV_WIPEONFORK))
		pthread_atfork(NULL, NULL, wipe);
	return 0;
}

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
	int state;

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

void lock_take(enum lock lock)
{
	uint32_t *word = &fork_page->locks[lock];

	cancel_hold();
	for (unsigned tries = 0; __atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE); tries++) {
		if (tries < 64)
			arch_pause();
		else
			sched_yield();
	}
}

void lock_give(enum lock lock)
{
	__atomic_store_n(&fork_page->locks[lock], 0, __ATOMIC_RELEASE);
	cancel_release();
}
