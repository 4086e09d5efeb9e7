/* SPDX-License-Identifier: MIT */
#include "run_inherited.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run_signals.h"

/*
 * Variables by which a process knows that it is meant: sd_listen_fds(3), sd_watchdog_enabled(3),
 * systemd.exec(5), and GLib's. Beside its number there may be one that is never given again, which
 * is looked at only if it is there.
 */
static const struct {
	const char *number, *unique;
} meant[] = {
	{ "LISTEN_PID", "LISTEN_PIDFDID" },
	{ "WATCHDOG_PID", NULL },
	{ "SYSTEMD_EXEC_PID", NULL },
	{ "GIO_LAUNCHED_DESKTOP_FILE_PID", NULL },
};

void run_inherited_note(struct run_inherited *inherited)
{
	inherited->pid = getpid();
	if (prctl(PR_GET_CHILD_SUBREAPER, &inherited->reaper))
		inherited->reaper = 0;
}

/* Of timers (alarm(2) is one of them) what is left; then they are none of this process's. */
static void take_timers(struct run_inherited *inherited)
{
	const struct itimerval none = { 0 };

	for (int which = 0; which < INHERITED_TIMERS; which++)
		if (setitimer(which, &none, &inherited->timers[which]))
			inherited->timers[which] = none;
}

void run_inherited_take(struct run_inherited *inherited, const struct run_signals *signals)
{
	take_timers(inherited);
	if (prctl(PR_GET_PDEATHSIG, &inherited->death_signal))
		inherited->death_signal = 0;
	inherited->n_signals = run_signals_pending(signals, inherited->signals, INHERITED_SIGNALS);
}

static void give_number(pid_t from)
{
	char was[16], is[16];

	snprintf(was, sizeof(was), "%d", (int)from);
	snprintf(is, sizeof(is), "%d", (int)getpid());
	for (size_t i = 0; i < sizeof(meant) / sizeof(*meant); i++) {
		const char *value = getenv(meant[i].number);

		if (!value || strcmp(value, was) != 0)
			continue;
		setenv(meant[i].number, is, 1);
		if (meant[i].unique)
			unsetenv(meant[i].unique);
	}
}

void run_inherited_give(const struct run_inherited *inherited)
{
	give_number(inherited->pid);
	if (inherited->reaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Whoever ends gpuspy by it ends the command as well. */
	if (inherited->death_signal)
		prctl(PR_SET_PDEATHSIG, inherited->death_signal);
	for (int which = 0; which < INHERITED_TIMERS; which++)
		if (timerisset(&inherited->timers[which].it_value))
			setitimer(which, &inherited->timers[which], NULL);
	/* To oneself, they may be as they were (sigqueue(3)). */
	for (unsigned i = 0; i < inherited->n_signals; i++) {
		siginfo_t copy = inherited->signals[i];

		if (syscall(SYS_rt_sigqueueinfo, getpid(), copy.si_signo, &copy))
			kill(getpid(), copy.si_signo);
	}
}
