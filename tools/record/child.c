/* SPDX-License-Identifier: MIT */
/*
 * A recorder beside `gpuspy run`. It is a process of its own: the record goes on when gpuspy itself
 * is killed, or when the command leaves something behind that runs on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../descriptors.h"
#include "../run.h"
#include "../say.h"
#include "recorder.h"

enum { FINISH_MS = 2000 };

/* Ctrl-C is for the command; the record ends with the session. Standard output is the command's. */
static void stand_aside(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setpgid(0, 0);
	signal(SIGTTOU, SIG_IGN);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
}

/*
 * It may outlive gpuspy, and whoever waits for the end of a pipe or a file of theirs (the JSON
 * report's, one of the caller's) shall not wait for it.
 */
static void close_other(int fd, void *data)
{
	const struct recorder *recorder = data;

	if (fd > STDERR_FILENO && fd != recorder->fd && fd != recorder->owner &&
		fd != recorder->answer)
		close(fd);
}

static _Noreturn void become_recorder(struct recorder *recorder, const struct run *run)
{
	int error;

	stand_aside();
	descriptors_each(close_other, recorder);
	error = recorder_run(recorder);
	if (error)
		say("%s: the record ends here: %s: %s", run->who, recorder_name(run->record),
			recorder_error(error));
	_exit(error != 0);
}

static void close_pair(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

int recorder_start(struct recorder_child *child, const struct run *run)
{
	struct recorder recorder = {
		.base = run->base, .session = run->session, .delay = run->record_delay
	};
	int owner[2], answer[2];

	recorder.fd = recorder_open(run->record);
	if (recorder.fd < 0)
		return -1;
	if (pipe2(owner, O_CLOEXEC))
		return -1;
	if (pipe2(answer, O_CLOEXEC)) {
		close_pair(owner);
		return -1;
	}
	child->pid = fork();
	if (child->pid == 0) {
		close(owner[1]);
		close(answer[0]);
		recorder.owner = owner[0];
		recorder.answer = answer[1];
		become_recorder(&recorder, run);
	}
	close(owner[0]);
	close(answer[1]);
	close(recorder.fd);
	child->owner = owner[1];
	child->answer = answer[0];
	return child->pid < 0 ? -1 : 0;
}

void recorder_finish(struct recorder_child *child)
{
	struct pollfd answer = { child->answer, 0, 0 };

	close(child->owner);
	while (poll(&answer, 1, FINISH_MS) < 0 && errno == EINTR)
		;
	close(child->answer);
	waitpid(child->pid, NULL, WNOHANG);
}
