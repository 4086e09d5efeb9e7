/*
 * The life of the watched command, as its shell would see it without gpuspy in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "segment/snapshot.h"

/* Passed on, unless they came from the terminal, which tells the whole foreground group itself. */
static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
	SIGTSTP, SIGWINCH };

static void fill_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(set, passed_on[i]);
}

/* What the command shall inherit. */
struct inherited {
	struct sigaction child;
	sigset_t mask;
};

/* In the child: the exec, or its errno into the pipe. */
static _Noreturn void become(const struct run *run, const struct inherited *inherited, int report)
{
	int error;

	sigaction(SIGCHLD, &inherited->child, NULL);
	sigprocmask(SIG_SETMASK, &inherited->mask, NULL);
	execvp(run->command[0], run->command);
	error = errno;
	while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static int start(struct run *run, const struct inherited *inherited)
{
	int report[2];
	ssize_t got;

	if (pipe2(report, O_CLOEXEC))
		return -1;
	run->started_ns = snapshot_now();
	run->pid = fork();
	if (run->pid == 0)
		become(run, inherited, report[1]);
	close(report[1]);
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

/* True when the command has ended. When it stops, so does this process: the shell is to see it. */
static bool look_at_child(struct run *run)
{
	pid_t pid;

	while ((pid = waitpid(run->pid, &run->status, WNOHANG | WUNTRACED)) == run->pid) {
		if (!WIFSTOPPED(run->status)) {
			run->ended_ns = snapshot_now();
			return true;
		}
		raise(SIGSTOP);
		kill(run->pid, SIGCONT);
	}
	return false;
}

int run_wait(struct run *run)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	struct inherited inherited;
	sigset_t signals;
	siginfo_t info;

	fill_signals(&signals);
	/* Ignored, as it may be inherited, there would be nothing to wait for. */
	sigaction(SIGCHLD, &standard, &inherited.child);
	sigprocmask(SIG_BLOCK, &signals, &inherited.mask);
	if (start(run, &inherited))
		return -1;
	while (!look_at_child(run)) {
		int number = sigwaitinfo(&signals, &info);

		if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
			kill(run->pid, number);
	}
	return 0;
}
