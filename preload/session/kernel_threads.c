/* SPDX-License-Identifier: MIT */
#include "kernel_threads.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/parent.h"
#include "../ground/sort.h"
#include "../segment/alive.h"
#include "../segment/paths.h"

/*
 * The kernel's threads: the children of the one that makes them, which nobody else becomes. (Their
 * group 0 does not tell: who was started by a first program that never called setsid(2) has it,
 * too.) Those for which there is no room are looked at as programs are.
 */
LARGE static struct {
	unsigned n;
	pid_t pids[4096];
} kernel;

static bool known;

static int compare_pids(const void *a, const void *b)
{
	const pid_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static void add_thread(uint64_t pid)
{
	if (pid && kernel.n < sizeof(kernel.pids) / sizeof(*kernel.pids))
		kernel.pids[kernel.n++] = (pid_t)pid;
}

/* "9 11 12 ", proc(5): /proc/PID/task/TID/children. Not every kernel has it. */
static void find_kernel(void)
{
	enum { KTHREADD = 2 }; /* in the first namespace, and its child would have its children */
	char text[1024];
	uint64_t pid = 0;
	ssize_t got;
	int fd;

	kernel.n = 0;
	if (!alive_in_first_namespace() || parent_now() == KTHREADD || !paths_is_kernel(KTHREADD))
		return;
	add_thread(KTHREADD);
	fd = open("/proc/2/task/2/children", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (got = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < got; i++) {
			bool digit = text[i] >= '0' && text[i] <= '9';

			if (!digit)
				add_thread(pid);
			pid = digit ? pid * 10 + (uint64_t)(text[i] - '0') : 0;
		}
	if (fd >= 0)
		close(fd);
	if (sort_array(kernel.pids, kernel.n, sizeof(*kernel.pids), compare_pids))
		kernel.n = 0;
}

bool kernel_threads_have(pid_t pid)
{
	if (!known)
		find_kernel();
	known = true;
	return bsearch(&pid, kernel.pids, kernel.n, sizeof(pid), compare_pids);
}

void kernel_threads_forget(void)
{
	known = false;
}
