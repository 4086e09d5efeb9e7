/* SPDX-License-Identifier: MIT */
#include "procstat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reads a small file of /proc, as text; false: it cannot be read. */
static bool read_text(const char *file, char *text, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	text[length > 0 ? length : 0] = 0;
	return length > 0;
}

bool procstat_read(struct procstat *out, pid_t pid)
{
	char file[32], text[1024], *at;

	snprintf(file, sizeof(file), "/proc/%d/stat", (int)pid);
	/* The name in parentheses may hold anything; the last one is the kernel's. */
	if (!read_text(file, text, sizeof(text)) || !(at = strrchr(text, ')')) || at[1] != ' ')
		return false;
	at += 2;
	*out = (struct procstat){ .state = *at, .wait_status = -1 };
	for (int field = 3; at; field++) {
		if (field == 14 || field == 15)
			out->cpu_ticks += strtoull(at, NULL, 10);
		else if (field == 22)
			out->start_ticks = strtoull(at, NULL, 10);
		else if (field == 24)
			out->resident_bytes =
				strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
		else if (field == 52)
			out->wait_status = atoi(at);
		/* The last one is of interest only at the end. */
		at = field == 24 && out->state != 'Z' ? NULL : strchr(at, ' ');
		if (at)
			at++;
	}
	return out->start_ticks != 0;
}

int procstat_pin(pid_t pid, uint64_t start_ticks)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct procstat stat;

	/* Looked at after the opening: it was this one that was opened. */
	if (pidfd >= 0 && procstat_read(&stat, pid) && stat.start_ticks == start_ticks)
		return pidfd;
	if (pidfd >= 0)
		close(pidfd);
	errno = ESRCH;
	return -1;
}

/* Of linux/pidfd.h since Linux 6.13 (the end: 6.15); older headers have it not. */
struct pidfd_answer {
	uint64_t mask, cgroup;
	uint32_t ids[11]; /* process, thread group, parent, eight of users and groups */
	int32_t wait_status;
};
#define PIDFD_ASK _IOWR(0xff, 11, struct pidfd_answer)
enum { PIDFD_ASK_END = 1 << 3 };

_Static_assert(sizeof(struct pidfd_answer) == 64, "as in linux/pidfd.h");

int procstat_ended(int pidfd)
{
	struct pidfd_answer answer = { .mask = PIDFD_ASK_END };

	if (pidfd < 0 || ioctl(pidfd, PIDFD_ASK, &answer) || !(answer.mask & PIDFD_ASK_END))
		return -1;
	return answer.wait_status;
}

int procstat_pid_digits(void)
{
	char text[32];
	int digits = 0;

	if (!read_text("/proc/sys/kernel/pid_max", text, sizeof(text)))
		return 7;
	digits = snprintf(text, sizeof(text), "%ld", atol(text) - 1);
	return digits < 5 ? 5 : digits > 10 ? 10 : digits;
}
