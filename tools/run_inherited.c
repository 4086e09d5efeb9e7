/* SPDX-License-Identifier: MIT */
#include "run_inherited.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run_signals.h"

void run_inherited_note(struct run_inherited *inherited)
{
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

void run_inherited_give(const struct run_inherited *inherited)
{
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
