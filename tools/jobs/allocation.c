/* SPDX-License-Identifier: MIT */
/*
 * The GPUs of a job: those that it was given, against those that its processes saw.
 */
#include <stdlib.h>
#include <string.h>

#include "ground/sort.h"
#include "names.h"
#include "nodes.h"
#include "view_parts.h"

/* Kept names: the same ones have the same address. NULL comes last. */
static int compare_names(const char *l, const char *r)
{
	if (l == r)
		return 0;
	if (!l || !r)
		return l ? -1 : 1;
	return strverscmp(l, r);
}

static int compare_seen(const void *a, const void *b)
{
	const struct view_gpu *l = a, *r = b;
	int order = compare_names(l->node, r->node);

	return order ? order : compare_names(l->uuid, r->uuid);
}

static void add_seen(void *to, const void *from)
{
	struct view_gpu *seen = to;

	seen->kernels = sum_of(seen->kernels, ((const struct view_gpu *)from)->kernels);
}

static int compare_given(const void *a, const void *b)
{
	const struct view_given *l = a, *r = b;
	int order = compare_names(l->node, r->node);

	return order ? order : compare_names(l->id, r->id);
}

/* What is found by. */
static int compare_uuids(const void *a, const void *b)
{
	const struct view_given *l = a, *r = b;
	int order = compare_names(l->node, r->node);

	if (!order)
		order = compare_names(l->uuid, r->uuid);
	return order ? order : compare_names(l->id, r->id);
}

/* Components and steps name the same ones again. */
static void add_given(void *to, const void *from)
{
	struct view_given *given = to;

	if (!given->uuid)
		given->uuid = ((const struct view_given *)from)->uuid;
}

bool view_add_gpu(struct view *view, const char *node, const struct job_gpu *gpu)
{
	struct view_gpu *seen =
		view_room(&view->gpus, view->n_gpus, &view->gpus_room, sizeof(*seen));

	if (!seen)
		return false;
	view->n_gpus++;
	*seen = (struct view_gpu){ .node = node, .uuid = gpu->uuid, .kernels = gpu->kernels };
	return true;
}

static bool is_uuid(const char *id)
{
	return id && (!strncmp(id, "GPU-", 4) || !strncmp(id, "MIG-", 4));
}

struct giving {
	struct view *view;
	const char *node;
	bool full;
};

static void give(struct giving *giving, const char *id, const char *uuid)
{
	struct view *view = giving->view;
	struct view_given *given = view_room(
		&view->allocation, view->n_allocation, &view->allocation_room, sizeof(*given));

	giving->full |= !given || !id;
	if (!given || !id)
		return;
	view->n_allocation++;
	*given = (struct view_given){ .node = giving->node, .id = id, .uuid = uuid };
}

static void give_listed(void *context, const char *id)
{
	const char *kept = names_keep(id);

	give(context, kept, is_uuid(kept) ? kept : NULL);
}

/* -1: no memory. A list that is none says nothing. */
static int give_list(struct view *view, struct view_node *node, const char *list)
{
	struct giving giving = { view, node->node, false };

	if (gpus_count(list) < 0)
		return 0;
	gpus_each(list, give_listed, &giving);
	node->given = 0;
	return giving.full ? -1 : 0;
}

/* What an Epilog says is the scheduler's own word; a process may have lost or changed it. */
static int give_by_hosts(struct view *view)
{
	for (unsigned i = 0; i < view->job->n_hosts; i++) {
		const struct job_host *host = &view->job->hosts[i];
		struct giving giving = { view, view_host_node(view->job, host), false };
		struct view_node *node = giving.node ? view_node(view, giving.node) : NULL;

		if (!node || (!host->given && give_list(view, node, host->gpus)))
			return -1;
		for (unsigned k = 0; k < host->n_given; k++)
			give(&giving, host->given[k].id, host->given[k].uuid);
		if (host->given)
			node->given = 0;
		node->told = node->given == 0;
		if (giving.full)
			return -1;
	}
	return 0;
}

/* Anybody can name many, in each session others. Epilogs' are not counted in this. */
enum { NAMED_BY_SESSIONS = 1 << 18 };

static int give_by_session(
	struct view *view, struct view_node *node, const struct job_session *session, unsigned most)
{
	if (node->told || session->restarts != node->newest || node->list == session->gpus ||
		view->n_allocation > most)
		return 0;
	node->list = session->gpus;
	return give_list(view, node, session->gpus);
}

/* Of the last run: a job that was begun anew was given others. */
static int give_by_sessions(struct view *view)
{
	unsigned most = view->n_allocation + NAMED_BY_SESSIONS;

	for (unsigned i = 0; i < view->job->n_sessions; i++) {
		const struct job_session *session = &view->job->sessions[i];
		struct view_node *node = view_node(view, session->node);

		if (!node || give_by_session(view, node, session, most))
			return -1;
	}
	return 0;
}

static int compare_with_seen(const void *a, const void *b)
{
	const struct view_gpu *gpu = a;
	const struct view_given *given = b;
	int order = compare_names(gpu->node, given->node);

	return order ? order : compare_names(gpu->uuid, given->uuid);
}

static struct view_given *find_given(const struct view *view, const struct view_gpu *gpu)
{
	return !view->n_allocation ? NULL
				   : bsearch(gpu, view->allocation, view->n_allocation,
					     sizeof(*view->allocation), compare_with_seen);
}

static int sort_given(struct view *view)
{
	return sort_array(
		view->allocation, view->n_allocation, sizeof(*view->allocation), compare_uuids);
}

/*
 * A process saw another GPU than those that the numbers stand for. It may have gone where it was
 * not to, or the site numbers in another way: then it is not known which they are.
 */
static void doubt_numbers(struct view *view)
{
	struct view_node *node;

	for (unsigned i = 0; i < view->n_gpus; i++) {
		node = view_node(view, view->gpus[i].node);
		if (node->given >= 0 && view->gpus[i].uuid && !find_given(view, &view->gpus[i]))
			node->doubted = true;
	}
	for (unsigned i = 0; i < view->n_allocation; i++) {
		struct view_given *given = &view->allocation[i];

		if (!is_uuid(given->id) && view_node(view, given->node)->doubted)
			given->uuid = NULL;
	}
}

static void count_given(struct view *view)
{
	for (unsigned i = 0; i < view->n_nodes; i++)
		view->nodes[i].named = view->nodes[i].given >= 0;
	for (unsigned i = 0; i < view->n_allocation; i++) {
		struct view_node *node = view_node(view, view->allocation[i].node);

		node->given++;
		node->named &= view->allocation[i].uuid != NULL;
	}
}

static void match(struct view *view, struct view_gpu *gpu)
{
	struct view_given *given = gpu->uuid ? find_given(view, gpu) : NULL;
	struct view_node *node = view_node(view, gpu->node);

	node->worked += gpu->kernels != 0;
	if (given) {
		given->kernels = gpu->kernels;
		given->seen = true;
		gpu->allocated = ALLOCATED;
		gpu->id = given->id;
	} else if (gpu->uuid && node->named && node->given) {
		gpu->allocated = ALLOCATED_TO_OTHERS;
	}
}

/* All nodes are there by now, so that none is looked for in vain. */
int view_allocate(struct view *view)
{
	if (give_by_hosts(view) || give_by_sessions(view) ||
		fold_array(
			view->gpus, &view->n_gpus, sizeof(*view->gpus), compare_seen, add_seen) ||
		fold_array(view->allocation, &view->n_allocation, sizeof(*view->allocation),
			compare_given, add_given) ||
		sort_given(view))
		return -1;
	doubt_numbers(view);
	count_given(view);
	if (sort_given(view))
		return -1;
	for (unsigned i = 0; i < view->n_gpus; i++)
		match(view, &view->gpus[i]);
	return 0;
}
