/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

/* In the child: silent, without a core file, and gone when the parent is. */
static void answer_and_leave(int to, void (*ask)(struct answer *answer), const struct answer *meant)
{
	static struct answer answer;
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR);
	const char *at = (const char *)&answer;
	size_t left = sizeof(answer);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	if (meant)
		answer = *meant;
	answer.count = -1;
	ask(&answer);
	while (left) {
		ssize_t n = write(to, at, left);

		if (n <= 0)
			break;
		at += n;
		left -= (size_t)n;
	}
	_exit(0);
}

void probe_start(
	struct probe *probe, void (*ask)(struct answer *answer), const struct answer *meant)
{
	int ends[2];

	memset(probe, 0, sizeof(*probe));
	if (pipe2(ends, O_CLOEXEC))
		return;
	probe->pid = fork();
	if (!probe->pid) {
		close(ends[0]);
		answer_and_leave(ends[1], ask, meant);
	}
	close(ends[1]);
	probe->pipe = ends[0];
	if (probe->pid < 0) {
		close(ends[0]);
		probe->pid = 0;
	}
}

static enum probe_end read_answer(struct probe *probe, int64_t deadline)
{
	struct pollfd ready = { probe->pipe, POLLIN, 0 };
	char *to = (char *)&probe->answer;
	size_t left = sizeof(probe->answer);

	while (left) {
		int64_t wait = deadline - doctor_now();
		int n = poll(&ready, 1, wait > 0 ? (int)wait : 0);
		ssize_t got;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PROBE_LATE;
		got = read(probe->pipe, to, left);
		if (got <= 0)
			return PROBE_CRASHED;
		to += got;
		left -= (size_t)got;
	}
	return PROBE_ANSWERED;
}

enum probe_end probe_finish(struct probe *probe, int64_t deadline)
{
	enum probe_end end;

	if (!probe->pid)
		return PROBE_CRASHED;
	end = read_answer(probe, deadline);
	close(probe->pipe);
	kill(probe->pid, SIGKILL);
	/* One that hangs in the kernel cannot be waited for. */
	waitpid(probe->pid, NULL, end == PROBE_LATE ? WNOHANG : 0);
	return end;
}
