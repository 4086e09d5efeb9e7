/* SPDX-License-Identifier: MIT */
/*
 * The top of the page: the verdict, whose it is, why, and the figures that people ask for.
 */
#include <pwd.h>
#include <string.h>

#include "frame.h"
#include "html.h"
#include "page.h"
#include "report/job.h"
#include "report/text.h"

static void put_verdict(const struct page *page)
{
	const struct judgement *judgement = page->judgement;

	frame_verdict(page->to,
		&(struct frame_verdict){ .headline = judgement->headline,
			.sentence = judgement->summary + (judgement->thin ? strlen("barely: ") : 0),
			.thin = judgement->thin,
			.simulated = page->session->figures.driver.simulated });
}

static void put_state(FILE *to, const struct process_snapshot *process)
{
	switch (process->state) {
	case PROCESS_RUNNING:
		fputs("still running", to);
		return;
	case PROCESS_KILLED:
		html_put(to, "killed by signal %d (", process->signal);
		html_text(to, strsignal(process->signal));
		fputs(")", to);
		return;
	case PROCESS_EXITED:
		if (process->exit_status >= 0) {
			html_put(to, "ended with status %d", process->exit_status);
			return;
		}
		__attribute__((fallthrough));
	default:
		fputs("ended without a word: killed, crashed, or left in a way that cannot be seen",
			to);
	}
}

static void put_place(FILE *to, const struct process_snapshot *process)
{
	const struct passwd *user = getpwuid(process->uid);

	fputs("<dt>Where</dt><dd>", to);
	html_text(to, process->host ? process->host : "unknown host");
	fputs(", user ", to);
	if (user)
		html_text(to, user->pw_name);
	else
		html_put(to, "%u", (unsigned)process->uid);
	html_put(to, ", pid %d</dd>\n", (int)process->pid);
}

static void put_job(FILE *to, const struct session_snapshot *session)
{
	char buffer[512] = "";
	struct text text = text_in(buffer, sizeof(buffer));

	job_put(&text, session);
	frame_fact(to, "Job", buffer, false);
}

static void put_run(const struct page *page)
{
	const struct session_snapshot *session = page->session;
	const struct process_snapshot *first = &session->processes[0];
	FILE *to = page->to;

	fputs("<dl class=\"facts\">\n", to);
	if (session->n_processes) {
		frame_fact(to, "Command", first->command, true);
		put_place(to, first);
		put_job(to, session);
		fputs("<dt>Since</dt><dd>", to);
		frame_moment(to, first->started_ns);
		fputs("</dd>\n<dt>For</dt><dd>", to);
		html_seconds(to, snapshot_session_seconds(session));
		html_put(to, "</dd>\n<dt>End</dt><dd>%s",
			session->n_processes > 1 ? "the first process " : "");
		put_state(to, first);
		fputs("</dd>\n", to);
	}
	html_put(to, "<dt>Reason</dt><dd><code>%s</code></dd>\n", page->judgement->reason);
	frame_fact(to, "Evidence", page->judgement->evidence, false);
	for (unsigned i = 0; i < page->judgement->n_also; i++)
		frame_fact(to, "Also", page->judgement->also[i].summary, false);
	frame_fact(to, "Next step", page->judgement->advice, false);
	fputs("</dl>\n", to);
}

void page_verdict(const struct page *page)
{
	put_verdict(page);
	put_run(page);
}

static void put_work(FILE *to, const struct totals *totals)
{
	frame_tile(to, "Kernels", false);
	html_count(to, totals->kernels);
	fputs("<small>", to);
	html_count(to, totals->confirmed);
	fputs(" seen to have finished</small></dd></div>\n", to);
	frame_tile(to, "Peak memory", false);
	html_bytes(to, totals->memory.peak_bytes);
	html_put(to, "<small>%s</small></dd></div>\n",
		totals->peak_at_least ? "or more: of several processes" : "of device memory");
}

static void put_copies(FILE *to, const struct totals *totals)
{
	static const struct {
		const char *title;
		int direction;
	} tiles[] = { { "Copied to device", 0 }, { "Copied back", 1 } };

	for (int i = 0; i < 2; i++) {
		frame_tile(to, tiles[i].title, false);
		html_bytes(to, totals->copies[tiles[i].direction].bytes);
		fputs("<small>in ", to);
		html_count(to, totals->copies[tiles[i].direction].calls);
		fputs(totals->copies[tiles[i].direction].calls == 1 ? " copy" : " copies", to);
		fputs("</small></dd></div>\n", to);
	}
}

static void put_calls(FILE *to, const struct totals *totals)
{
	uint64_t calls = 0;

	for (int i = 0; i < LAYERS; i++)
		calls += totals->calls[i];
	frame_tile(to, "Errors", totals->errors != 0);
	html_count(to, totals->errors);
	fputs("<small>in ", to);
	html_count(to, calls);
	fputs(calls == 1 ? " call" : " calls", to);
	fputs("</small></dd></div>\n", to);
}

/* How much was start-up, and what a record knows besides. */
static void put_times(const struct page *page)
{
	double first = snapshot_first_kernel(page->session);
	struct timeline_facts facts = { -1, -1, -1, -1, -1 };
	FILE *to = page->to;

	if (page->timeline)
		facts = timeline_facts(page->timeline);
	if (first < 0)
		first = facts.first;
	if (page->session->figures.totals.kernels) {
		frame_tile(to, "First kernel after", false);
		html_seconds(to, first);
		fputs("<small>of ", to);
		html_seconds(to, snapshot_session_seconds(page->session));
		fputs("</small></dd></div>\n", to);
	}
	if (facts.last < 0)
		return;
	frame_tile(to, "Time with kernels", false);
	html_put(to, "%.0f %%<small>", facts.busy * 100);
	if (timeline_is_whole(page->timeline, page->session)) {
		fputs("last kernel after ", to);
		html_seconds(to, facts.last);
	} else {
		fputs("of the ", to);
		html_seconds(to, page->timeline->seconds);
		fputs(" that were recorded", to);
	}
	fputs("</small></dd></div>\n", to);
	frame_tile(to, "Longest pause", false);
	if (facts.pause < 0)
		fputs("none<small>between two samples with kernels", to);
	else {
		html_seconds(to, facts.pause);
		fputs("<small>from ", to);
		html_seconds(to, facts.pause_from);
		fputs(" on", to);
	}
	fputs("</small></dd></div>\n", to);
}

void page_tiles(const struct page *page)
{
	const struct totals *totals = &page->session->figures.totals;

	html_put(page->to, "<dl class=\"tiles%s\">\n",
		page->timeline    ? ""
		: totals->kernels ? " six"
				  : " five");
	put_work(page->to, totals);
	put_times(page);
	put_copies(page->to, totals);
	put_calls(page->to, totals);
	fputs("</dl>\n", page->to);
}
