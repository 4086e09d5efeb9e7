/* SPDX-License-Identifier: MIT */
/*
 * The top of the page: the verdict, whose it is, why, and the figures that people ask for.
 */
#include <pwd.h>
#include <string.h>
#include <time.h>

#include "chart.h"
#include "html.h"
#include "page.h"
#include "report/job.h"
#include "report/text.h"

/* A colour's name for each verdict; a sign besides, for those who see no colours. */
static const char *tone(const struct judgement *judgement)
{
	if (!strcmp(judgement->headline, "YES"))
		return judgement->thin ? "maybe" : "yes";
	if (!strcmp(judgement->headline, "NO") || !strcmp(judgement->headline, "FAILED"))
		return "no";
	return strcmp(judgement->headline, "UNCONFIRMED") ? "unknown" : "maybe";
}

static void put_verdict(const struct page *page)
{
	const struct judgement *judgement = page->judgement;
	FILE *to = page->to;

	html_put(to, "<p class=\"brand\">gpuspy</p>\n<section class=\"verdict %s\">\n",
		tone(judgement));
	html_put(to, "<p class=\"ask\">GPU work</p><h1>%s%s", judgement->headline,
		judgement->thin ? "<small>, barely</small>" : "");
	if (page->session->figures.driver.simulated)
		fputs(" <span class=\"badge\">SIMULATED</span>", to);
	fputs("</h1>\n<p class=\"sentence\">", to);
	html_text(to, judgement->summary + (judgement->thin ? strlen("barely: ") : 0));
	fputs("</p>\n</section>\n", to);
}

static void put_moment(FILE *to, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	char machine[64], human[64];
	struct tm utc, local;

	if (!ns || !gmtime_r(&seconds, &utc) || !localtime_r(&seconds, &local)) {
		fputs("unknown", to);
		return;
	}
	strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%M:%SZ", &utc);
	strftime(human, sizeof(human), "%a %e %b %Y, %H:%M:%S %Z", &local);
	html_put(to, "<time datetime=\"%s\">%s</time>", machine, human);
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

static void put_fact(FILE *to, const char *term, const char *foreign, int code)
{
	if (!foreign || !*foreign)
		return;
	html_put(to, "<dt>%s</dt><dd>%s", term, code ? "<code>" : "");
	html_text(to, foreign);
	html_put(to, "%s</dd>\n", code ? "</code>" : "");
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
	put_fact(to, "Job", buffer, 0);
}

static void put_run(const struct page *page)
{
	const struct session_snapshot *session = page->session;
	const struct process_snapshot *first = &session->processes[0];
	FILE *to = page->to;

	fputs("<dl class=\"facts\">\n", to);
	if (session->n_processes) {
		put_fact(to, "Command", first->command, 1);
		put_place(to, first);
		put_job(to, session);
		fputs("<dt>Since</dt><dd>", to);
		put_moment(to, first->started_ns);
		fputs("</dd>\n<dt>For</dt><dd>", to);
		html_seconds(to, snapshot_session_seconds(session));
		html_put(to, "</dd>\n<dt>End</dt><dd>%s",
			session->n_processes > 1 ? "the first process " : "");
		put_state(to, first);
		fputs("</dd>\n", to);
	}
	html_put(to, "<dt>Reason</dt><dd><code>%s</code></dd>\n", page->judgement->reason);
	put_fact(to, "Evidence", page->judgement->evidence, 0);
	for (unsigned i = 0; i < page->judgement->n_also; i++)
		put_fact(to, "Also", page->judgement->also[i].summary, 0);
	put_fact(to, "Next step", page->judgement->advice, 0);
	fputs("</dl>\n", to);
}

void page_verdict(const struct page *page)
{
	put_verdict(page);
	put_run(page);
}

static void begin_tile(FILE *to, const char *title, int bad)
{
	html_put(to, "<div%s><dt>%s</dt><dd>", bad ? " class=\"bad\"" : "", title);
}

static void put_work(FILE *to, const struct totals *totals)
{
	begin_tile(to, "Kernels", 0);
	html_count(to, totals->kernels);
	fputs("<small>", to);
	html_count(to, totals->confirmed);
	fputs(" seen to have finished</small></dd></div>\n", to);
	begin_tile(to, "Peak memory", 0);
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
		begin_tile(to, tiles[i].title, 0);
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
	begin_tile(to, "Errors", totals->errors != 0);
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
		begin_tile(to, "First kernel after", 0);
		html_seconds(to, first);
		fputs("<small>of ", to);
		html_seconds(to, snapshot_session_seconds(page->session));
		fputs("</small></dd></div>\n", to);
	}
	if (facts.last < 0)
		return;
	begin_tile(to, "Time with kernels", 0);
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
	begin_tile(to, "Longest pause", 0);
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
