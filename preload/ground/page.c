/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t *word_at(const void *address)
{
	return (uint32_t *)((uintptr_t)address & ~(uintptr_t)3);
}

/* A requeue of nobody compares a word: EAGAIN when it is another one. */
bool page_is_readable(const void *address)
{
	uint32_t nobody = 0;
	int saved = errno;
	bool readable = !syscall(SYS_futex, word_at(address),
				FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, NULL, &nobody, 0) ||
			errno != EFAULT;

	errno = saved;
	return readable;
}

/* The kernel is asked to add 0 to a word of it. */
bool page_is_writable(void *address)
{
	uint32_t nobody = 0;
	int saved = errno;
	bool writable =
		syscall(SYS_futex, &nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, NULL,
			word_at(address), FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)) >= 0;

	errno = saved;
	return writable;
}
