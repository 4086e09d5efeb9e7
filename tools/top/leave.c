/* SPDX-License-Identifier: MIT */
#include "leave.h"

#include <errno.h>
#include <sys/time.h>

#include "terminal.h"

static const int enders[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { ENDERS = sizeof(enders) / sizeof(*enders) };

static volatile sig_atomic_t leaving;
static sigset_t before;

static bool is_pending(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (int i = 0; i < ENDERS; i++)
		if (sigismember(&pending, enders[i]) == 1)
			return true;
	return false;
}

static void tick(int number)
{
	int error = errno;

	(void)number;
	if (leaving || is_pending())
		terminal_abandon();
	errno = error;
}

void leave_begin(sigset_t *set)
{
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
	sigset_t clock;

	sigfillset(
		&action.sa_mask); /* SIGTTOU too: in the background it restores the modes as well */
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(set);
	for (int i = 0; i < ENDERS; i++)
		sigaddset(set, enders[i]);
	sigprocmask(SIG_BLOCK, set, &before);
	sigemptyset(&clock);
	sigaddset(&clock, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &clock, NULL);
	leave_watch(true);
}

void leave_undo(void)
{
	leave_watch(false);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void leave_watch(bool on)
{
	const struct itimerval each = { { on, 0 }, { on, 0 } };

	setitimer(ITIMER_REAL, &each, NULL);
}

void leave_soon(void)
{
	leaving = true;
}
