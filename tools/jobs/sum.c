/* SPDX-License-Identifier: MIT */
#include "sum.h"

/* A NO that says most, then what is not known, then a fault, then work. */
int sum_weight(enum verdict verdict)
{
	static const int weights[] = { [VERDICT_UNUSED] = 1,
		[VERDICT_UNAVAILABLE] = 2,
		[VERDICT_IDLE] = 3,
		[VERDICT_UNKNOWN] = 4,
		[VERDICT_UNCONFIRMED] = 5,
		[VERDICT_WORK] = 6,
		[VERDICT_FAULT] = 7 };

	return weights[verdict];
}

void sum_take_verdict(
	struct sum *sum, enum verdict verdict, const char *reason, const char *summary)
{
	if (sum->reason && sum_weight(sum->verdict) >= sum_weight(verdict))
		return;
	sum->verdict = verdict;
	sum->reason = reason;
	sum->summary = summary;
}

uint64_t sum_of(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

double sum_seconds(const struct sum *sum)
{
	return sum->started >= 0 && sum->ended >= sum->started ? sum->ended - sum->started : -1;
}

void sum_add_session(struct sum *sum, const struct job_session *session)
{
	/* What runs may do so yet. */
	if (session->running && verdict_is_no(session->verdict))
		sum_take_verdict(sum, VERDICT_UNKNOWN, "running", "it runs still");
	else
		sum_take_verdict(sum, session->verdict, session->reason ? session->reason : "?",
			session->summary);
	if (sum->sessions++ == 0)
		sum->started = sum->ended = -1;
	sum->running += session->running;
	sum->kernels = sum_of(sum->kernels, session->kernels);
	sum->confirmed = sum_of(sum->confirmed, session->confirmed);
	sum->at_least |=
		session->at_least || session->running || session->verdict == VERDICT_UNKNOWN;
	if (session->started >= 0 && (sum->started < 0 || session->started < sum->started))
		sum->started = session->started;
	if (session->ended > sum->ended)
		sum->ended = session->ended;
	if (session->work_seconds > 0)
		sum->work_seconds += session->work_seconds;
}
