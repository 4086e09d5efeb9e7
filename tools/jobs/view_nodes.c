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

static const char *name_of(const void *owner, unsigned i)
{
	return ((const struct view *)owner)->nodes[i].node;
}

static struct view_node *find_node(struct view *view, const char *name)
{
	long found;

	view->table.name = name_of;
	view->table.owner = view;
	found = table_find(&view->table, name);
	return found < 0 ? NULL : &view->nodes[found];
}

struct view_node *view_node(struct view *view, const char *name)
{
	struct view_node *node = find_node(view, name);

	if (node)
		return node;
	node = view_room(&view->nodes, view->n_nodes, &view->nodes_room, sizeof(*node));
	if (!node)
		return NULL;
	view->n_nodes++;
	node->node = name;
	node->given = -1;
	return table_add(&view->table) ? NULL : node;
}

struct expecting {
	struct view *view;
	unsigned left; /* names, of all lists: anybody can write many, and long ones */
	bool full;
};

/* Of those that sent nothing a list may name many: they are not kept for longer than the view. */
static void expect_node(void *context, const char *name)
{
	struct expecting *expecting = context;
	struct view *view = expecting->view;
	struct view_node *node = find_node(view, name);
	const char *copy = node ? NULL : arena_copy(&view->names, name, strlen(name));

	expecting->left--;
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
int view_expect_nodes(struct view *view, enum view_silent most)
{
	struct expecting expecting = { view, 4 * view->n_nodes + (unsigned)most, false };

	view->unlisted = view->job->unlisted;
	for (unsigned i = 0; i < view->job->n_nodes; i++) {
		const struct job_nodes *nodes = &view->job->nodes[i];
		bool whole = nodes->told || strlen(nodes->list) < JOB_TEXT_MAX - 1;

		if (nodes_each(nodes->list, expecting.left, expect_node, &expecting))
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
