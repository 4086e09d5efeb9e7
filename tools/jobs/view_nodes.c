/* SPDX-License-Identifier: MIT */
/*
 * The nodes of a job: those that sent something, and those of which there is but the name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "nodes.h"
#include "view_parts.h"

void *view_room(void *array, unsigned used, unsigned *room, size_t size)
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

static unsigned *place_of(const struct view *view, const char *name)
{
	size_t at = names_number(name) & (view->table_size - 1);

	while (view->table[at] && strcmp(view->nodes[view->table[at] - 1].node, name) != 0)
		at = (at + 1) & (view->table_size - 1);
	return &view->table[at];
}

static bool grow_table(struct view *view)
{
	size_t size = view->table_size ? view->table_size * 2 : 16;
	unsigned *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	free(view->table);
	view->table = table;
	view->table_size = size;
	for (unsigned i = 0; i < view->n_nodes; i++)
		*place_of(view, view->nodes[i].node) = i + 1;
	return true;
}

static struct view_node *find_node(struct view *view, const char *name)
{
	unsigned *place = view->table_size ? place_of(view, name) : NULL;

	return place && *place ? &view->nodes[*place - 1] : NULL;
}

struct view_node *view_node(struct view *view, const char *name)
{
	struct view_node *node = find_node(view, name);

	if (node || (view->n_nodes * 2 >= view->table_size && !grow_table(view)))
		return node;
	node = view_room(&view->nodes, view->n_nodes, &view->nodes_room, sizeof(*node));
	if (!node)
		return NULL;
	*place_of(view, name) = ++view->n_nodes;
	node->node = name;
	node->given = -1;
	return node;
}

struct expecting {
	struct view *view;
	bool full;
};

/* Of those that sent nothing a list may name many: they are not kept for longer than the view. */
static void expect_node(void *context, const char *name)
{
	struct expecting *expecting = context;
	struct view *view = expecting->view;
	struct view_node *node = find_node(view, name);
	const char *copy = node ? NULL : arena_copy(&view->names, name, strlen(name));

	if (copy)
		node = view_node(view, copy);
	if (!node)
		expecting->full = true;
}

/* What a process says may have been cut: an Epilog's list that begins so is the same one. */
static bool is_told(const struct job *job, const char *list)
{
	for (unsigned i = 0; i < job->n_nodes; i++)
		if (job->nodes[i].told && !strncmp(job->nodes[i].list, list, strlen(list)))
			return true;
	return false;
}

/* A list that is none names nobody; who wrote a line is there all the same. */
int view_expect_nodes(struct view *view)
{
	struct expecting expecting = { view, false };

	for (unsigned i = 0; i < view->job->n_nodes; i++) {
		const struct job_nodes *nodes = &view->job->nodes[i];
		bool whole = nodes->told || strlen(nodes->list) < JOB_TEXT_MAX - 1;

		if (view->n_nodes > NODES_MAX || nodes_each(nodes->list, expect_node, &expecting))
			whole = false;
		view->unlisted |= !whole && (nodes->told || !is_told(view->job, nodes->list));
	}
	return expecting.full ? -1 : 0;
}

/* Who collected by hand knows the machine's name, and the sessions that it is a node's. */
const char *view_host_node(const struct job *job, const struct job_host *host)
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
