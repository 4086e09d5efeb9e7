/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

struct names {
	char **all;
	size_t room;
	struct table table;
};

static const char *name_of(const void *owner, unsigned i)
{
	return ((const struct names *)owner)->all[i];
}

static struct names names = { .table = { .name = name_of, .owner = &names } };

static int make_room(void)
{
	size_t room = names.room ? names.room * 2 : 1024;
	char **more;

	if (names.table.used < names.room)
		return 0;
	more = realloc(names.all, room * sizeof(*more));
	if (!more)
		return -1;
	names.all = more;
	names.room = room;
	return 0;
}

const char *names_keep(const char *name)
{
	long found;
	char *copy;

	if (!name)
		return NULL;
	found = table_find(&names.table, name);
	if (found >= 0)
		return names.all[found];
	copy = make_room() ? NULL : strdup(name);
	if (!copy)
		return NULL;
	names.all[names.table.used] = copy;
	if (!table_add(&names.table))
		return copy;
	free(copy);
	return NULL;
}
