/* SPDX-License-Identifier: MIT */
/*
 * The end of `gpuspy run`: what is known of the command and its session, and what is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../preload/session/output.h"
#include "deliver.h"
#include "doctor/holders.h"
#include "explain.h"
#include "gpuspy.h"
#include "jobs/show.h"
#include "json.h"
#include "json_parts.h"
#include "page/timeline.h"
#include "report/text.h"
#include "run.h"
#include "run_elsewhere.h"
#include "say.h"
#include "sessions.h"

static char *joined(char *const *words, struct arena *arena)
{
	size_t length = 1;
	char *line, *at;

	for (char *const *word = words; *word; word++)
		length += strlen(*word) + 1;
	line = at = arena_take(arena, length);
	for (; line && *words; words++) {
		at = stpcpy(at, *words);
		if (words[1])
			*at++ = ' ';
	}
	return line;
}

/* What waitpid said is surer than what a segment says. */
static void add_ending(struct process_snapshot *process, const struct run *run)
{
	if (!process->ended_ns)
		process->ended_ns = run->ended_ns;
	if (!process->monotonic.ended_ns)
		process->monotonic.ended_ns = run->ended_monotonic_ns;
	if (WIFSIGNALED(run->status)) {
		process->state = PROCESS_KILLED;
		process->signal = WTERMSIG(run->status);
	} else {
		process->state = PROCESS_EXITED;
		process->exit_status = WEXITSTATUS(run->status);
	}
}

/* A command may be gone before its start time could be read; then the pid must do. */
static bool is_command(const struct process_snapshot *process, const struct run *run)
{
	return process->pid == run->pid &&
	       (!run->start_ticks || process->start_ticks == run->start_ticks);
}

/* The command's process, first in the list; it has no segment if it had nothing to do with CUDA. */
static int put_command_first(struct session *session, const struct run *run)
{
	struct session_snapshot *snapshot = &session->snapshot;
	struct process_snapshot *list, *from = snapshot->processes;
	unsigned n = snapshot->n_processes, at = 0;

	while (at < n && !is_command(&from[at], run))
		at++;
	list = arena_take(&session->arena, (n + 1) * sizeof(*list));
	if (!list)
		return -1;
	if (at < n) {
		list[0] = from[at];
	} else {
		list[0].pid = run->pid;
		list[0].parent = getpid();
		list[0].uid = getuid();
		list[0].start_ticks = run->start_ticks;
		list[0].images = 1;
		list[0].command = joined(run->command, &session->arena);
		list[0].figures.driver.device_count = -1;
		for (int i = 0; i < JOB_NUMBERS; i++)
			list[0].job.numbers[i] = -1;
		snapshot->n_processes++;
	}
	list[0].started_ns = run->started_ns;
	list[0].monotonic.started_ns = run->started_monotonic_ns;
	add_ending(&list[0], run);
	for (unsigned i = 0, to = 1; i < n; i++)
		if (i != at)
			list[to++] = from[i];
	snapshot->processes = list;
	return snapshot_add_up(snapshot, &session->arena);
}

/*
 * Did the library begin in the program that the command was at its end? An exec into a program that
 * does not load it (env -i, a static one) leaves no trace but the other name, and no last word.
 */
static bool began(const struct run *run)
{
	const struct run_page *page = run->page;
	char name[sizeof(page->command_name)];

	if (!page || !page->command_begun)
		return false;
	if (page->command_ended)
		return true;
	memcpy(name, page->command_name, sizeof(name));
	name[sizeof(name) - 1] = 0;
	return run->name_at_end[0] && !strcmp(name, run->name_at_end);
}

/* Segments of this run that were made in the session's folder and are not there any more. */
static unsigned missing(const struct session_snapshot *snapshot, const struct run *run)
{
	unsigned found = snapshot->unreadable, made = run->page ? run->page->segments : 0;

	/* A session that the user named may hold older ones. */
	for (unsigned i = 0; i < snapshot->n_processes; i++)
		if (snapshot->processes[i].started_ns >= run->started_ns)
			found += snapshot->processes[i].images;
	return made > found ? made - found : 0;
}

static void note_unseen(struct session_snapshot *snapshot, const struct run *run)
{
	unsigned gone = missing(snapshot, run), elsewhere;

	snapshot->not_begun = !began(run);
	snapshot->still_running = run->still_running;
	if (!run->page)
		return;
	if (snapshot->unwatched < run->page->unwatched)
		snapshot->unwatched = run->page->unwatched;
	elsewhere = run->page->elsewhere + run->page->apart;
	if (snapshot->elsewhere < elsewhere)
		snapshot->elsewhere = elsewhere;
	gone = run->page->without + (run->page->lost > gone ? run->page->lost : gone);
	/* Some left a mark in the folder, too. */
	if (snapshot->unrecorded < gone)
		snapshot->unrecorded = gone;
}

/*
 * For those who read the session later, who find `noted` in its folder. A session without one they
 * will not find.
 */
static void keep_unseen(
	const struct session_snapshot *snapshot, unsigned noted, const struct run *run)
{
	struct run_unseen kept = { .not_begun = snapshot->not_begun,
		.elsewhere = snapshot->elsewhere,
		.unrecorded = snapshot->unrecorded,
		.unwatched = snapshot->unwatched - noted,
		.still_running = snapshot->still_running };
	int folder, fd;

	if (!kept.not_begun && !kept.elsewhere && !kept.unrecorded && !kept.unwatched &&
		!kept.still_running)
		return;
	memcpy(kept.magic, RUN_UNSEEN_MAGIC, sizeof(kept.magic));
	folder = session_open(run->base, run->session);
	if (folder < 0)
		return;
	fd = openat(folder, RUN_PAGE_FILE,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd >= 0 && !output_to(fd, (const char *)&kept, sizeof(kept)))
		unlinkat(folder, RUN_PAGE_FILE, 0);
	if (fd >= 0)
		close(fd);
	close(folder);
}

static int read_run(struct session *session, const struct run *run)
{
	unsigned noted;

	if (session_read(session, run->base, run->session)) {
		int error = errno;

		memset(session, 0, sizeof(*session));
		session->snapshot.name = run->session;
		session->snapshot.taken_ns = snapshot_now();
		session->snapshot.taken_monotonic_ns = snapshot_monotonic();
		/* Without a folder there are no segments, or run->page says otherwise. */
		session->snapshot.unreadable = error != ENOENT && error != ENOTDIR;
	}
	noted = session->snapshot.unwatched;
	note_unseen(&session->snapshot, run);
	keep_unseen(&session->snapshot, noted, run);
	return put_command_first(session, run);
}

/* Of what the command started elsewhere, too. */
static void write_job(const struct run *run, const struct view *view)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (to)
		show_text(to, view);
	if (to && !fclose(to))
		deliver_text(run, text, size);
	free(text);
}

static void write_text(const struct run *run, const struct session *session,
	const struct judgement *judgement, const struct elsewhere *elsewhere)
{
	char *report;

	if (!strcmp(run_report_rule(), "never"))
		return;
	if (elsewhere) {
		write_job(run, &elsewhere->view);
		return;
	}
	report = malloc(TEXT_REPORT_MAX);
	if (!report)
		return;
	deliver_text(
		run, report, text_report(report, TEXT_REPORT_MAX, &session->snapshot, judgement));
	free(report);
}

/* Into memory first: what a slow reader does must not hold it up half-written. */
static int write_json(struct run *run, const struct session *session,
	const struct judgement *judgement, const struct elsewhere *elsewhere)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	json_t *more = elsewhere ? show_object(&elsewhere->view) : NULL;
	int status = to ? json_report_with(to, &session->snapshot, judgement, more) : -1;

	if (to && fclose(to))
		status = -1;
	if (!status)
		deliver_json(run, text, size);
	free(text);
	return status;
}

static void say_fewer(const char *who, double kernels, double seconds)
{
	char line[SAY_LINE_MAX];

	output_error(line, say_line(line, "%s: fewer kernels than required: %.0f in %.1f s", who,
				   kernels, seconds));
}

/* With fewer kernels than are asked for, what was not seen may be the rest. */
static int required_status(const struct run *run, const struct session *session,
	const struct judgement *judgement, uint64_t ran)
{
	double kernels = (double)ran;
	double seconds = snapshot_session_seconds(&session->snapshot);

	if (!run->require)
		return 0;
	if (judgement->verdict == VERDICT_UNKNOWN)
		return EXIT_UNKNOWN;
	if (judgement->verdict != VERDICT_WORK)
		return EXIT_NO_GPU_WORK;
	if (kernels >= run->require_kernels && kernels >= run->require_rate * seconds)
		return 0;
	say_fewer(run->who, kernels, seconds);
	return judgement->at_least ? EXIT_UNKNOWN : EXIT_NO_GPU_WORK;
}

static int exit_status(const struct run *run)
{
	return WIFSIGNALED(run->status) ? 128 + WTERMSIG(run->status) : WEXITSTATUS(run->status);
}

/* What the user allows, if it is asked for: the report is to be read later, too. */
static void allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* The verdict is one over all that the command started, here and elsewhere. */
static void take_verdict(struct judgement *judgement, const struct view *view)
{
	judgement->verdict = view->sum.verdict;
	judgement->code = verdict_code(view->sum.verdict);
	judgement->headline = verdict_headline(view->sum.verdict);
	judgement->reason = view->sum.reason;
	judgement->at_least = view->sum.at_least;
	judgement->thin = false;
	judgement->n_also = 0;
	judgement->evidence[0] = judgement->advice[0] = 0;
	snprintf(judgement->summary, sizeof(judgement->summary), "%s", view->words);
}

static int deliver(struct run *run, struct session *session, struct elsewhere *elsewhere)
{
	uint64_t kernels = session->snapshot.figures.totals.kernels;
	struct judgement judgement;
	int status = exit_status(run);

	if (elsewhere)
		elsewhere_settle(elsewhere, &session->snapshot);
	verdict_judge(&judgement, &session->snapshot);
	holders_tell(&judgement, &session->snapshot);
	if (elsewhere) {
		take_verdict(&judgement, &elsewhere->view);
		kernels = elsewhere->view.sum.kernels;
	}
	if (verdict_is_no(judgement.verdict))
		run_untell_outer(run);
	write_text(run, session, &judgement, elsewhere);
	if (run->json && write_json(run, session, &judgement, elsewhere) && !status)
		status = EXIT_OWN_FAILURE;
	return status ? status : required_status(run, session, &judgement, kernels);
}

int run_report(struct run *run)
{
	struct elsewhere elsewhere;
	struct session session;
	int status;

	allow_files();
	if (read_run(&session, run)) {
		output_warning("no memory for the report");
		session_free(&session);
		return EXIT_OWN_FAILURE;
	}
	if (run->record)
		timeline_tell(&session.snapshot, run->base);
	explain_missing(&session.snapshot, &session.arena);
	if (elsewhere_look(&elsewhere, run, &session)) {
		status = deliver(run, &session, &elsewhere);
		elsewhere_free(&elsewhere);
	} else {
		status = deliver(run, &session, NULL);
	}
	session_free(&session);
	return status;
}
