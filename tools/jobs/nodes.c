/* SPDX-License-Identifier: MIT */
#include "nodes.h"

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

int nodes_each(const char *list, void (*visit)(void *context, const char *name), void *context)
{
	struct expansion e = { .visit = visit, .context = context, .left = NODES_MAX };

	while (*(list += strspn(list, ", \n\t"))) {
		const char *end = end_of_one(list);

		if (expand(&e, 0, list, end))
			return -1;
		list = end;
	}
	return 0;
}

int gpus_count(const char *list)
{
	int count = 0;

	if (!list || !*list)
		return -1;
	while (*list) {
		size_t size = strcspn(list, ",");
		const char *dash = memchr(list, '-', size);
		char *end;
		long first = strtol(list, &end, 10);

		if (dash && end == dash && first >= 0) {
			long last = strtol(dash + 1, &end, 10);

			if (end != list + size || last < first || last - first > 4096)
				return -1;
			count += (int)(last - first) + 1;
		} else if (size) { /* a number, or a UUID */
			count++;
		}
		list += size + (list[size] != 0);
	}
	return count;
}
