/* SPDX-License-Identifier: MIT */
/*
 * The life of the watched command, as its shell would see it without gpuspy in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "run_inherited.h"
#include "run_terminal.h"
#include "segment/snapshot.h"

/* What the command shall have as the caller had it. */
struct inherited {
	struct sigaction child;
	sigset_t mask;
	struct run_inherited by_exec;
};

/* In the child: the exec, or its errno into the pipe. */
static _Noreturn void become(const struct run *run, const struct inherited *inherited, int report)
{
	int error;

	if (run->page)
		run->page->command = getpid();
	run_inherited_give(&inherited->by_exec);
	sigaction(SIGCHLD, &inherited->child, NULL);
	sigprocmask(SIG_SETMASK, &inherited->mask, NULL);
	execvp(run->command[0], run->command);
	error = errno;
	while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static int start(struct run *run, struct inherited *inherited)
{
	int report[2];
	ssize_t got;

	if (pipe2(report, O_CLOEXEC))
		return -1;
	run_note_others(run);
	run->started_ns = snapshot_now();
	run->started_monotonic_ns = snapshot_monotonic();
	run_inherited_take(&inherited->by_exec, &run->signals);
	run->pid = fork();
	if (run->pid == 0)
		become(run, inherited, report[1]);
	close(report[1]);
	run_give_up_descriptors(run);
	if (run->pid > 0) {
		run->start_ticks = paths_start_ticks(run->pid);
		do
			got = read(report[0], &run->exec_error, sizeof(run->exec_error));
		while (got < 0 && errno == EINTR);
		if (got != sizeof(run->exec_error))
			run->exec_error = 0; /* the pipe was closed by a successful exec */
	}
	close(report[0]);
	return run->pid < 0 ? -1 : 0;
}

/* The kernel's name for it, which a dead process has until it is waited for. */
static void note_name(struct run *run)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)run->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	length = read(fd, run->name_at_end, sizeof(run->name_at_end));
	close(fd);
	run->name_at_end[length > 0 ? length - 1 : 0] = 0; /* the newline */
}

/*
 * Whoever waits for this process is to see that the command has stopped. Who sends SIGSTOP to the
 * command may continue that alone, and knows nothing of this process: the other one of ours does.
 */
static void stop(struct run *run)
{
	bool lent = run_terminal_is_lent(run->pid);
	bool stopped = paths_state(run->pid) == 'T';
	bool wakes = stopped && run_signals_wake(&run->signals, run->pid);

	/* Somebody may have continued the command since, or this process, which is to hear it. */
	if (stopped && (wakes || WSTOPSIG(run->status) != SIGSTOP) && !run_signals_waits(SIGCONT))
		raise(SIGSTOP); /* the SIGCONT that ends this is passed on like others */
	if (lent)
		run_terminal_lend(run->pid);
}

/* True when the command has ended. When it stops, so does this process. */
static bool look_at_child(struct run *run)
{
	siginfo_t info = { 0 };

	while (!waitid(P_PID, (id_t)run->pid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) &&
		info.si_pid == run->pid) {
		note_name(run);
		if (waitpid(run->pid, &run->status, WNOHANG | WUNTRACED) != run->pid)
			return false;
		if (!WIFSTOPPED(run->status)) {
			run->ended_ns = snapshot_now();
			run->ended_monotonic_ns = snapshot_monotonic();
			return true;
		}
		info.si_pid = 0;
		stop(run);
	}
	return false;
}

int run_wait(struct run *run)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	struct inherited inherited;
	siginfo_t info;

	/* Ignored, as it may be inherited, there would be nothing to wait for. */
	sigaction(SIGCHLD, &standard, &inherited.child);
	run_signals_begin(&run->signals);
	inherited.mask = run->signals.mask;
	run_inherited_note(&inherited.by_exec);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (start(run, &inherited))
		return -1;
	while (!look_at_child(run)) {
		int number;

		run_let_go(run);
		number = sigwaitinfo(&run->signals.set, &info);
		if (number > 0 && number != SIGCHLD)
			run_signals_pass(&run->signals, &info, run->pid);
	}
	run_wait_for_others(run);
	run_signals_end(&run->signals);
	return 0;
}
