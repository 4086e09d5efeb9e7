/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "nodes.h"
#include "report/format.h"

static void *room_for_one(void *array, unsigned used, unsigned *room, size_t size)
{
	void **at = array, *more;
	unsigned wanted = *room ? *room * 2 : 8;

	if (used == *room) {
		more = realloc(*at, wanted * size);
		if (!more)
			return NULL;
		*at = more;
		*room = wanted;
	}
	return memset((char *)*at + used * size, 0, size);
}

static struct view_node *node_of(struct view *view, const char *name)
{
	struct view_node *node;

	for (unsigned i = 0; i < view->n_nodes; i++)
		if (view->nodes[i].node == name)
			return &view->nodes[i];
	node = room_for_one(&view->nodes, view->n_nodes, &view->nodes_room, sizeof(*node));
	if (!node)
		return NULL;
	view->n_nodes++;
	node->node = name;
	node->given = -1;
	return node;
}

struct expecting {
	struct view *view;
	bool full;
};

static void expect_node(void *context, const char *name)
{
	struct expecting *expecting = context;
	const char *kept = names_keep(name);
	struct view_node *node = kept ? node_of(expecting->view, kept) : NULL;

	if (node)
		node->expected = true;
	else
		expecting->full = true;
}

static bool add_gpu(struct view *view, const char *node, const struct job_gpu *gpu)
{
	struct view_gpu *known;

	for (unsigned i = 0; i < view->n_gpus; i++)
		if (view->gpus[i].node == node && view->gpus[i].uuid == gpu->uuid) {
			view->gpus[i].kernels += gpu->kernels;
			return true;
		}
	known = room_for_one(&view->gpus, view->n_gpus, &view->gpus_room, sizeof(*known));
	if (!known)
		return false;
	view->n_gpus++;
	*known = (struct view_gpu){ node, gpu->uuid, gpu->kernels };
	return true;
}

/* A NO that says most, then what is not known, then a fault, then work. */
static int weight(enum verdict verdict)
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

static void take_verdict(
	struct sum *sum, enum verdict verdict, const char *reason, const char *summary)
{
	if (sum->reason && weight(sum->verdict) >= weight(verdict))
		return;
	sum->verdict = verdict;
	sum->reason = reason;
	sum->summary = summary;
}

static void add_session(struct sum *sum, const struct job_session *session)
{
	/* What runs may do so yet. */
	if (session->running && verdict_is_no(session->verdict))
		take_verdict(sum, VERDICT_UNKNOWN, "running", "it runs still");
	else
		take_verdict(sum, session->verdict, session->reason ? session->reason : "?",
			session->summary);
	if (sum->sessions++ == 0)
		sum->started = sum->ended = -1;
	sum->running += session->running;
	sum->kernels += session->kernels;
	sum->confirmed += session->confirmed;
	sum->at_least |=
		session->at_least || session->running || session->verdict == VERDICT_UNKNOWN;
	if (session->started >= 0 && (sum->started < 0 || session->started < sum->started))
		sum->started = session->started;
	if (session->ended > sum->ended)
		sum->ended = session->ended;
	if (session->work_seconds > 0)
		sum->work_seconds += session->work_seconds;
}

/* TaskProlog's shell has the step and the rank of its task, which may have a session of its own. */
static bool is_new_task(const struct job *job, const struct job_session *session)
{
	if (session->task < 0)
		return session->ranks != 0;
	for (const struct job_session *other = job->sessions; other < session; other++)
		if (other->task == session->task && other->step == session->step &&
			other->restarts == session->restarts && other->ranks >= session->ranks)
			return false;
	return true;
}

static bool note_session(struct view *view, const struct job_session *session)
{
	struct view_node *node = node_of(view, session->node);

	if (!node)
		return false;
	add_session(&node->sum, session);
	add_session(&view->sum, session);
	if (is_new_task(view->job, session)) {
		node->sum.ranks += session->ranks;
		view->sum.ranks += session->ranks;
	}
	view->simulated |= session->simulated;
	if (session->tasks > 0 && view->tasks < (unsigned)session->tasks)
		view->tasks = (unsigned)session->tasks;
	if (node->given < 0)
		node->given = gpus_count(session->gpus);
	/* The first of those that came furthest. */
	if (!session->kernels && weight(session->verdict) > node->idle_weight) {
		node->idle_weight = weight(session->verdict);
		node->idle_reason = session->reason;
		node->idle_summary = session->summary;
	}
	for (unsigned i = 0; i < session->n_devices; i++)
		if (!add_gpu(view, session->node, &session->devices[i]))
			return false;
	return true;
}

/* Who collected by hand knows the machine's name, and the sessions that it is a node's. */
static const char *node_name(const struct job *job, const struct job_host *host)
{
	char name[NODE_NAME_MAX];

	if (host->node)
		return host->node;
	for (unsigned i = 0; i < job->n_sessions; i++)
		if (job->sessions[i].host == host->host)
			return job->sessions[i].node;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(host->host ? host->host : "?", "."),
		host->host ? host->host : "?");
	return names_keep(name);
}

static bool note_host(struct view *view, const struct job_host *host)
{
	const char *name = node_name(view->job, host);
	struct view_node *node = name ? node_of(view, name) : NULL;
	int given = gpus_count(host->gpus);

	if (!node)
		return false;
	node->said = true;
	node->lost += host->lost;
	if (given >= 0)
		node->given = given;
	if (host->lost || host->unreadable) {
		node->sum.at_least = true;
		take_verdict(&node->sum, VERDICT_UNKNOWN, "no-record",
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
		take_verdict(&node->sum, VERDICT_UNKNOWN, "no-record",
			node->said ? "no session was seen there: nothing ran, or not with gpuspy"
				   : "no record has come from there");
		view->silent++;
	}
	for (unsigned i = 0; i < view->n_gpus; i++)
		node->worked += view->gpus[i].node == node->node && view->gpus[i].kernels;
	if (verdict_is_no(node->sum.verdict) && node->sum.at_least)
		node->sum.verdict = VERDICT_UNKNOWN;
	view->worked += node->worked;
	view->lost += node->lost;
	if (node->given < 0)
		view->given = -1;
	else if (view->given >= 0)
		view->given += node->given;
	view->sum.at_least |= node->sum.at_least;
	if (node->sum.verdict == VERDICT_UNKNOWN)
		take_verdict(&view->sum, VERDICT_UNKNOWN, node->sum.reason, node->sum.summary);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct view_node *l = a, *r = b;

	return strverscmp(l->node, r->node);
}

static int compare_numbers(const void *a, const void *b)
{
	const int *l = a, *r = b;

	return (*l > *r) - (*l < *r);
}

static unsigned drop_doubles(int *numbers, unsigned n)
{
	unsigned kept = 0;

	qsort(numbers, n, sizeof(*numbers), compare_numbers);
	for (unsigned i = 0; i < n; i++)
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}

static bool make_runs(struct view *view)
{
	const struct job *job = view->job;

	view->restarts = calloc(job->n_sessions + 1, sizeof(*view->restarts));
	view->runs = calloc(job->n_sessions + 1, sizeof(*view->runs));
	if (!view->restarts || !view->runs)
		return false;
	for (unsigned i = 0; i < job->n_sessions; i++)
		view->restarts[i] = job->sessions[i].restarts;
	view->n_runs = drop_doubles(view->restarts, job->n_sessions);
	for (unsigned i = 0; i < job->n_sessions; i++)
		for (unsigned run = 0; run < view->n_runs; run++)
			if (view->restarts[run] == job->sessions[i].restarts)
				add_session(&view->runs[run], &job->sessions[i]);
	return true;
}

static void put_words(struct view *view)
{
	struct text text = text_in(view->words, sizeof(view->words));
	const struct sum *sum = &view->sum;

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
	} else {
		text_put(&text, "no kernel was seen, ");
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

int view_make(struct view *view, const struct job *job)
{
	struct expecting expecting = { view, false };
	bool enough = true;

	memset(view, 0, sizeof(*view));
	view->job = job;
	view->sum.started = view->sum.ended = -1;
	for (unsigned i = 0; enough && i < job->n_sessions; i++)
		enough = note_session(view, &job->sessions[i]);
	for (unsigned i = 0; enough && i < job->n_hosts; i++)
		enough = note_host(view, &job->hosts[i]);
	/* A list that is none names nobody; who wrote a line is there all the same. */
	for (unsigned i = 0; i < job->n_nodes; i++)
		nodes_each(job->nodes[i], expect_node, &expecting);
	if (!enough || expecting.full || !make_runs(view)) {
		view_free(view);
		return -1;
	}
	for (unsigned i = 0; i < view->n_nodes; i++)
		judge_node(view, &view->nodes[i]);
	qsort(view->nodes, view->n_nodes, sizeof(*view->nodes), compare_nodes);
	if (!view->tasks)
		view->tasks = view->sum.ranks;
	judge(view);
	return 0;
}

void view_free(struct view *view)
{
	free(view->nodes);
	free(view->gpus);
	free(view->runs);
	free(view->restarts);
}
