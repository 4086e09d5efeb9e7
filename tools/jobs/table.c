/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "ground/hash.h"

static size_t sum_of_name(const char *name)
{
	uint64_t sum = hash_text(name);

	return (size_t)(sum ^ sum >> 29);
}

static unsigned *place_of(const struct table *table, const char *name)
{
	size_t at = sum_of_name(name) & (table->size - 1);
	const char *there;

	while (table->places[at]) {
		there = table->name(table->owner, table->places[at] - 1);
		if (there == name || !strcmp(there, name))
			break;
		at = (at + 1) & (table->size - 1);
	}
	return &table->places[at];
}

static int grow(struct table *table)
{
	size_t size = table->size ? table->size * 2 : 16;
	unsigned *places = calloc(size, sizeof(*places));

	if (!places)
		return -1;
	free(table->places);
	table->places = places;
	table->size = size;
	for (unsigned i = 0; i < table->used; i++)
		*place_of(table, table->name(table->owner, i)) = i + 1;
	return 0;
}

long table_find(const struct table *table, const char *name)
{
	return table->size ? (long)*place_of(table, name) - 1 : TABLE_NONE;
}

int table_add(struct table *table)
{
	if (table->used * (size_t)2 >= table->size && grow(table))
		return -1;
	*place_of(table, table->name(table->owner, table->used)) = table->used + 1;
	table->used++;
	return 0;
}

void table_free(struct table *table)
{
	free(table->places);
	*table = (struct table){ .places = NULL };
}
