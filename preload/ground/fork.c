/* SPDX-License-Identifier: MIT */
#include "fork.h"
#include "large.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGEST_PAGE = 65536 };

/* With whole pages inside, however large they are on this machine. */
LARGE static char room[2 * LARGEST_PAGE];

_Static_assert(sizeof(struct fork_page) <= LARGEST_PAGE, "");

struct fork_page *fork_page;
uint32_t fork_page_mark_state;

static void wipe(void)
{
	memset(fork_page, 0, sizeof(*fork_page));
}

void fork_page_make(void)
{
	uintptr_t address = (uintptr_t)room;

	address += -address & (LARGEST_PAGE - 1);
	fork_page = (struct fork_page *)address;
	fork_page->same = 1;
	fork_page->first = 1;
	fork_page_mark_state = FORK_ALONE;
}

void fork_page_threads(void)
{
	if (fork_page_mark_state == FORK_ALONE)
		fork_page_mark_state = FORK_UNMARKED;
}

void fork_page_mark_now(void)
{
	int saved = errno;

	if (__atomic_exchange_n(&fork_page_mark_state, FORK_MARKED, __ATOMIC_ACQ_REL) !=
			FORK_MARKED &&
		madvise(fork_page, sizeof(*fork_page), MADV_WIPEONFORK))
		/* Older kernels: at least fork(2) as libc knows it. */
		pthread_atfork(NULL, NULL, wipe);
	errno = saved;
}
