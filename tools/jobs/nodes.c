/* SPDX-License-Identifier: MIT */
#include "nodes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expansion {
	void (*visit)(void *context, const char *name);
	void *context;
	unsigned left;
	char name[NODE_NAME_MAX];
};

static int expand(struct expansion *e, size_t length, const char *at, const char *end);

static int put(struct expansion *e, size_t *length, const char *text, size_t size)
{
	if (*length + size >= sizeof(e->name))
		return -1;
	memcpy(e->name + *length, text, size);
	*length += size;
	return 0;
}

/* FIRST-LAST with as many digits as FIRST has, or FIRST; each followed by what comes behind it. */
static int expand_range(struct expansion *e, size_t length, const char *range, size_t size,
	const char *behind, const char *end)
{
	char text[64], *dash, *stop;
	unsigned long first, last;
	int width;

	if (!size || size >= sizeof(text) || strspn(range, "0123456789-") < size)
		return -1;
	memcpy(text, range, size);
	text[size] = 0;
	dash = strchr(text, '-');
	width = (int)(dash ? dash - text : (long)size);
	first = last = strtoul(text, &stop, 10);
	if (dash && (stop != dash || !width))
		return -1;
	if (dash)
		last = strtoul(dash + 1, &stop, 10);
	if (*stop || last < first || last - first >= NODES_MAX)
		return -1;
	for (unsigned long number = first; number <= last; number++) {
		char digits[32];
		size_t longer = length;
		int n = snprintf(digits, sizeof(digits), "%0*lu", width, number);

		if (n >= (int)sizeof(digits) || put(e, &longer, digits, (size_t)n) ||
			expand(e, longer, behind, end))
			return -1;
	}
	return 0;
}

static int expand_ranges(
	struct expansion *e, size_t length, const char *at, const char *close, const char *end)
{
	while (at <= close) {
		size_t size = strcspn(at, ",]");

		if (at + size > close || expand_range(e, length, at, size, close + 1, end))
			return -1;
		at += size + 1;
	}
	return 0;
}

/* One name or many, of which `length` characters stand already. */
static int expand(struct expansion *e, size_t length, const char *at, const char *end)
{
	const char *open = memchr(at, '[', (size_t)(end - at)), *close;

	if (!open) {
		if (put(e, &length, at, (size_t)(end - at)) || !length || !e->left)
			return -1;
		e->left--;
		e->name[length] = 0;
		e->visit(e->context, e->name);
		return 0;
	}
	close = memchr(open, ']', (size_t)(end - open));
	if (!close || put(e, &length, at, (size_t)(open - at)))
		return -1;
	return expand_ranges(e, length, open + 1, close, end);
}

/* Commas inside of brackets are none between names. LSF's lists have blanks. */
static const char *end_of_one(const char *at)
{
	int depth = 0;

	for (; *at && (depth || !strchr(", \n\t", *at)); at++)
		depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
	return at;
}

int nodes_each(const char *list, unsigned most, void (*visit)(void *context, const char *name),
	void *context)
{
	struct expansion e = { .visit = visit, .context = context, .left = most };

	while (*(list += strspn(list, ", \n\t"))) {
		const char *end = end_of_one(list);

		if (expand(&e, 0, list, end))
			return -1;
		list = end;
	}
	return 0;
}

/* "2-5" is four. UUIDs have dashes, too, but no figure in front of all. */
static int visit_gpus(
	const char *text, size_t size, void (*visit)(void *context, const char *id), void *context)
{
	char id[GPU_ID_MAX], *end;
	long first = strtol(text, &end, 10), last = first;

	if (*text >= '0' && *text <= '9' && *end == '-' && end < text + size) {
		last = strtol(end + 1, &end, 10);
		if (end != text + size || last < first || last - first >= GPUS_MAX)
			return -1;
	} else {
		snprintf(id, sizeof(id), "%.*s", (int)(size < sizeof(id) ? size : sizeof(id) - 1),
			text);
		if (visit)
			visit(context, id);
		return 1;
	}
	for (long number = first; visit && number <= last; number++) {
		snprintf(id, sizeof(id), "%ld", number);
		visit(context, id);
	}
	return (int)(last - first) + 1;
}

/* What container runtimes and launchers say in the place of a list. */
static bool is_word(const char *list, int *count)
{
	static const struct {
		const char *word;
		int count;
	} words[] = { { "all", -1 }, { "none", 0 }, { "void", 0 }, { "NoDevFiles", 0 } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(list, words[i].word)) {
			*count = words[i].count;
			return true;
		}
	return false;
}

int gpus_each(const char *list, void (*visit)(void *context, const char *id), void *context)
{
	int count = 0;

	if (!list || !*list)
		return -1;
	if (is_word(list, &count))
		return count;
	while (*list) {
		size_t size = strcspn(list, ",");
		int more = size ? visit_gpus(list, size, visit, context) : 0;

		if (more < 0 || count + more > GPUS_MAX)
			return -1;
		count += more;
		list += size + (list[size] != 0);
	}
	return count;
}

int gpus_count(const char *list)
{
	return gpus_each(list, NULL, NULL);
}
