/* SPDX-License-Identifier: MIT */
#include "run_signals.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "run_terminal.h"
#include "segment/paths.h"

enum { ANSWER_MS = 2000 }; /* it has nothing else to do, but may have to wait for a processor */

/* To the witness: about a signal, or (0) to see that this process goes on when the command does. */
struct question {
	int number;
	pid_t command;
};

struct answer {
	unsigned char number, has_come;
};

static void close_other(int fd, void *own)
{
	if (fd != *(int *)own)
		close(fd);
}

/* Has that one come here, too? It may be a moment later: kill(2) goes from one to the next. */
static bool has_come(int number)
{
	const struct timespec moment = { 0, 1000000 };
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, number);
	return sigtimedwait(&one, NULL, &moment) == number;
}

/*
 * Somebody may continue the command alone, or kill it, while gpuspy is stopped with it. Until it is
 * asked something else, or gpuspy has gone on; it may be that it has not stopped yet.
 */
static void watch(int asked, pid_t parent, pid_t command)
{
	enum { MOMENT_MS = 20, BEFORE_IT_STOPS = 100 };
	struct pollfd question = { .fd = asked, .events = POLLIN };
	bool stopped = false;

	for (int i = 0; stopped || i < BEFORE_IT_STOPS; i++) {
		bool is_stopped = paths_state(parent) == 'T';

		if (is_stopped && paths_state(command) != 'T')
			kill(parent, SIGCONT);
		if ((stopped && !is_stopped) || poll(&question, 1, MOMENT_MS))
			return;
		stopped = is_stopped;
	}
}

/*
 * Nobody sees on a signal whom else it was sent to. This process has no other purpose than to be a
 * member of the group: what comes here, too, the command had as well. And to wake its parent.
 */
static _Noreturn void witness(int asked, pid_t parent)
{
	struct question question;
	struct answer answer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	descriptors_each(close_other, &asked);
	while (read(asked, &question, sizeof(question)) == sizeof(question)) {
		if (!question.number) {
			watch(asked, parent, question.command);
			continue;
		}
		answer.number = (unsigned char)question.number;
		answer.has_come = has_come(question.number);
		if (write(asked, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(0);
}

void run_signals_begin(struct run_signals *signals)
{
	pid_t self = getpid();
	int pair[2];

	sigfillset(&signals->set);
	sigprocmask(SIG_BLOCK, &signals->set, &signals->mask);
	signals->witness = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return;
	signals->asks = pair[0];
	signals->witness = fork();
	if (!signals->witness)
		witness(pair[1], self);
	close(pair[1]);
	if (signals->witness < 0) {
		signals->witness = 0;
		close(pair[0]);
	}
}

static bool ask(const struct run_signals *signals, struct question question)
{
	return signals->witness &&
	       send(signals->asks, &question, sizeof(question), MSG_NOSIGNAL) == sizeof(question);
}

bool run_signals_wake(const struct run_signals *signals, pid_t command)
{
	return ask(signals, (struct question){ 0, command });
}

/* An answer may be one that came too late. */
static bool witness_has(const struct run_signals *signals, int number)
{
	struct pollfd answered = { .fd = signals->asks, .events = POLLIN };
	struct answer answer = { 0 };

	if (!ask(signals, (struct question){ number, 0 }))
		return false;
	do
		if (poll(&answered, 1, ANSWER_MS) != 1 ||
			read(signals->asks, &answer, sizeof(answer)) != sizeof(answer))
			return false;
	while (answer.number != number);
	return answer.has_come;
}

/*
 * Asked of each one: it keeps what it is not asked about. A SIGSTOP to the group stops the witness,
 * and a SIGCONT that leaves it so came to this process alone.
 */
static bool came_to_the_group(const struct run_signals *signals, int number)
{
	bool was_stopped = signals->witness && paths_state(signals->witness) == 'T';

	if (was_stopped) {
		kill(signals->witness, SIGCONT);
		witness_has(signals, SIGCONT);
	}
	return !(was_stopped && number == SIGCONT) && witness_has(signals, number);
}

bool run_signals_waits(int number)
{
	sigset_t pending;

	return !sigpending(&pending) && sigismember(&pending, number);
}

/*
 * A SIGCONT takes back a stop that nobody has noticed yet, and a stop a SIGCONT, signal(7): then
 * the witness has lost what this process has had, and the command too. What came later counts.
 */
static bool is_taken_back(int number)
{
	switch (number) {
	case SIGCONT:
		return run_signals_waits(SIGTSTP) || run_signals_waits(SIGTTIN) ||
		       run_signals_waits(SIGTTOU);
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return run_signals_waits(SIGCONT);
	default:
		return false;
	}
}

unsigned run_signals_pending(const struct run_signals *signals, siginfo_t *to, unsigned max)
{
	static const int others[] = { SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU };
	const struct timespec no_time = { 0, 0 };
	sigset_t set = signals->set;
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		sigdelset(&set, others[i]);
	while (n < max && sigtimedwait(&set, &to[n], &no_time) > 0)
		came_to_the_group(signals, to[n++].si_signo); /* nor shall the next one be it */
	return n;
}

/*
 * The kernel tells this process alone: a terminal that goes away the first process of its session
 * (setsid(2)), which it continues for that, a descriptor its owner (F_SETOWN), who stays that by
 * exec.
 */
static bool is_for_us_alone(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGHUP:
	case SIGCONT:
		return getsid(0) == getpid();
	case SIGIO:
	case SIGURG:
		return true;
	default:
		return false;
	}
}

/*
 * What the shell or the terminal tells the job is for the group that the command has made, too. 0:
 * there is none, or nobody's job: what each process of a session was told (systemd's KillMode,
 * scancel) would come twice.
 */
static pid_t group_of_job(pid_t command)
{
	return getsid(0) == getpid() ? 0 : run_terminal_group(command);
}

void run_signals_pass(const struct run_signals *signals, const siginfo_t *info, pid_t command)
{
	siginfo_t copy = *info;
	bool had_it = came_to_the_group(signals, info->si_signo);
	pid_t group;

	if (signals->witness && info->si_signo == SIGCONT && info->si_pid == signals->witness)
		return; /* the command goes on already */
	if (!had_it && is_taken_back(info->si_signo))
		return;
	if (had_it || (info->si_code == SI_KERNEL && !is_for_us_alone(info))) {
		group = group_of_job(command);
		if (group)
			kill(-group, info->si_signo);
		return;
	}
	/* Its value goes along (sigqueue(3)); what the kernel or kill(2) says of itself may not. */
	if (info->si_code >= 0 || syscall(SYS_rt_sigqueueinfo, command, info->si_signo, &copy) != 0)
		kill(command, info->si_signo);
}

void run_signals_ended(struct run_signals *signals, pid_t pid)
{
	if (pid != signals->witness)
		return;
	signals->witness = 0;
	close(signals->asks);
}

void run_signals_end(struct run_signals *signals)
{
	const struct timespec no_time = { 0, 0 };

	while (sigtimedwait(&signals->set, NULL, &no_time) > 0)
		continue;
	if (signals->witness) {
		close(signals->asks);
		kill(signals->witness, SIGCONT);
		while (waitpid(signals->witness, NULL, 0) < 0 && errno == EINTR)
			continue;
		signals->witness = 0;
	}
	sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}
