/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "nodes.h"
#include "report/format.h"
#include "view_parts.h"

static bool note_session(struct view *view, const struct job_session *session)
{
	struct view_node *node = view_node(view, session->node);

	if (!node)
		return false;
	sum_add_session(&node->sum, session);
	sum_add_session(&view->sum, session);
	view->partial += session->at_least || session->verdict == VERDICT_UNKNOWN;
	view->simulated |= session->simulated;
	if (session->tasks > 0 && view->tasks < (unsigned)session->tasks)
		view->tasks = (unsigned)session->tasks;
	if (session->restarts > node->newest)
		node->newest = session->restarts;
	/* The first of those that came furthest. */
	if (!session->kernels && sum_weight(session->verdict) > node->idle_weight) {
		node->idle_weight = sum_weight(session->verdict);
		node->idle_reason = session->reason;
		node->idle_summary = session->summary;
	}
	for (unsigned i = 0; i < session->n_devices; i++)
		if (!view_add_gpu(view, session->node, &session->devices[i]))
			return false;
	return true;
}

static bool note_host(struct view *view, const struct job_host *host)
{
	const char *name = view_host_node(view->job, host);
	struct view_node *node = name ? view_node(view, name) : NULL;

	if (!node)
		return false;
	node->said = true;
	node->lost += host->lost;
	node->unreadable += host->unreadable;
	if (host->lost || host->unreadable) {
		node->sum.at_least = true;
		sum_take_verdict(&node->sum, VERDICT_UNKNOWN, "no-record",
			"records of sessions were lost before they were collected");
	}
	return true;
}

/* A node of which nothing is there: nobody knows what it did. */
static void judge_node(struct view *view, struct view_node *node)
{
	if (!node->sum.sessions) {
		node->sum.started = node->sum.ended = -1;
		node->sum.at_least = true;
		sum_take_verdict(&node->sum, VERDICT_UNKNOWN, "no-record",
			node->said ? "no session was seen there: nothing ran, or not with gpuspy"
				   : "no record has come from there");
		view->silent++;
	}
	if (verdict_is_no(node->sum.verdict) && node->sum.at_least)
		node->sum.verdict = VERDICT_UNKNOWN;
	view->worked += node->worked;
	view->lost += node->lost;
	view->unreadable += node->unreadable;
	if (node->given < 0)
		view->given = -1;
	else if (view->given >= 0)
		view->given += node->given;
	view->sum.at_least |= node->sum.at_least;
	if (node->sum.verdict == VERDICT_UNKNOWN)
		sum_take_verdict(&view->sum, VERDICT_UNKNOWN, node->sum.reason, node->sum.summary);
}

/* There may be nodes of which nobody has heard. */
static void judge_unlisted(struct view *view)
{
	view->sum.at_least = true;
	sum_take_verdict(&view->sum, VERDICT_UNKNOWN, "no-record",
		"the list of its nodes could not be read: there may be others");
}

static void judge_missing(struct view *view)
{
	view->sum.at_least = true;
	sum_take_verdict(&view->sum, VERDICT_UNKNOWN, "no-record",
		"not all that was started elsewhere has a record");
}

/* It may be theirs, and who is taken for its owner one that named it. */
static void judge_strangers(struct view *view)
{
	view->sum.at_least = true;
	sum_take_verdict(&view->sum, VERDICT_UNKNOWN, "no-record",
		"sessions of several users name this job, and no Epilog said whose it is");
}

static int compare_nodes(const void *a, const void *b)
{
	const struct view_node *l = a, *r = b;

	return strverscmp(l->node, r->node);
}

static void put_words(struct view *view)
{
	struct text text = text_in(view->words, sizeof(view->words));
	const struct sum *sum = &view->sum;
	static const char unseen[] = "no kernel was seen, ";

	if (sum->kernels) {
		text_put(&text, sum->at_least ? "at least " : "");
		text_put_counted(&text, sum->kernels, "kernel", "kernels");
		text_put(&text, sum->verdict == VERDICT_FAULT
					? " ran, and a device reported a fault"
				: sum->confirmed ? " ran and finished"
						 : " ran, and none was seen to finish");
	} else if (sum->verdict != VERDICT_UNKNOWN) {
		text_put(&text, "no kernel ran: ");
		text_put_escaped(&text, sum->summary ? sum->summary : sum->reason, 160);
	} else if (!view->silent && sum->summary &&
		   !strncmp(sum->summary, unseen, strlen(unseen))) {
		text_put_escaped(&text, sum->summary, 160); /* a session's own words */
	} else {
		text_put(&text, unseen);
		if (view->silent) {
			text_put(&text, "and there is nothing from ");
			text_put_count(&text, view->silent);
			text_putf(&text, " of %u nodes", view->n_nodes);
		} else {
			text_put(&text, "but ");
			text_put_escaped(&text, sum->summary ? sum->summary : sum->reason, 160);
		}
	}
}

/* With kernels, what is not known elsewhere is no more than "at least". */
static void judge(struct view *view)
{
	struct sum *sum = &view->sum;

	if (sum->kernels && sum->verdict != VERDICT_FAULT) {
		sum->verdict = sum->confirmed ? VERDICT_WORK : VERDICT_UNCONFIRMED;
		sum->reason = sum->confirmed ? "completed" : "no-sync";
	} else if (!sum->reason) {
		sum->verdict = VERDICT_UNKNOWN;
		sum->reason = "no-record";
	}
	put_words(view);
}

int view_make(struct view *view, const struct job *job, enum view_silent most)
{
	bool enough = true;

	memset(view, 0, sizeof(*view));
	view->job = job;
	view->sum.started = view->sum.ended = -1;
	for (unsigned i = 0; enough && i < job->n_sessions; i++)
		enough = note_session(view, &job->sessions[i]);
	for (unsigned i = 0; enough && i < job->n_hosts; i++)
		enough = note_host(view, &job->hosts[i]);
	if (!enough || view_count_ranks(view) || view_expect_nodes(view, most) ||
		view_allocate(view) || view_make_runs(view)) {
		view_free(view);
		return -1;
	}
	for (unsigned i = 0; i < view->n_nodes; i++)
		judge_node(view, &view->nodes[i]);
	if (view->unlisted)
		judge_unlisted(view);
	if (job->missing)
		judge_missing(view);
	if (job->strangers && !job->owner_told)
		judge_strangers(view);
	qsort(view->nodes, view->n_nodes, sizeof(*view->nodes), compare_nodes);
	if (!view->tasks)
		view->tasks = view->sum.ranks;
	judge(view);
	return 0;
}

void view_free(struct view *view)
{
	free(view->nodes);
	table_free(&view->table);
	arena_free(&view->names);
	free(view->gpus);
	free(view->allocation);
	free(view->runs);
	free(view->restarts);
}
