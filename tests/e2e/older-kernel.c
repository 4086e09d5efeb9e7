/* SPDX-License-Identifier: MIT */
/*
 * A wrapper around madvise(2) for an emulator that takes MADV_WIPEONFORK and does not wipe
 * (qemu-user before 10): it is refused, as by a kernel before 4.14.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int madvise(void *address, size_t length, int advice)
{
	if (advice != MADV_WIPEONFORK)
		return (int)syscall(SYS_madvise, address, length, advice);
	errno = EINVAL;
	return -1;
}
