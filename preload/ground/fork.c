#include "fork.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

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
