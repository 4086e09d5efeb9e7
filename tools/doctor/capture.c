/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

enum { OUTPUT_MAX = 1 << 20, PIECE = 4096 };

static void run(const char *const *command, char *const *environment, int to)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0); /* what it starts ends with it */
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDERR_FILENO);
	}
	dup2(to, STDOUT_FILENO);
	if (environment)
		environ = (char **)(uintptr_t)environment;
	execvp(*command, (char *const *)(uintptr_t)command);
	_exit(127);
}

/* False: too late, or too much. */
static bool read_all(int from, int64_t deadline, char **text, size_t *size)
{
	for (;;) {
		struct pollfd ready = { from, POLLIN, 0 };
		int64_t wait = deadline - doctor_now();
		char *more = realloc(*text, *size + PIECE + 1);
		ssize_t n;

		if (!more)
			return false;
		*text = more;
		if (*size > OUTPUT_MAX || poll(&ready, 1, wait > 0 ? (int)wait : 0) <= 0)
			return false;
		n = read(from, *text + *size, PIECE);
		if (n <= 0) {
			(*text)[*size] = 0;
			return n == 0;
		}
		*size += (size_t)n;
	}
}

char *capture(const char *const *command, char *const *environment, int ms, size_t *size)
{
	char *text = NULL;
	int ends[2], status = -1;
	bool whole;
	pid_t pid;

	*size = 0;
	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	pid = fork();
	if (!pid)
		run(command, environment, ends[1]);
	close(ends[1]);
	whole = pid > 0 && read_all(ends[0], doctor_now() + ms, &text, size);
	close(ends[0]);
	if (pid > 0) {
		if (!whole)
			kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	if (whole && WIFEXITED(status) && !WEXITSTATUS(status))
		return text;
	free(text);
	return NULL;
}
