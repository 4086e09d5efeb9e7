/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "ground/hash.h"

static struct names {
	char **at;
	size_t size, used; /* size: a power of two */
} names;

uint64_t names_number(const char *name)
{
	uint64_t sum = hash_text(name);

	return sum ^ sum >> 29;
}

static char **place_of(const char *name)
{
	size_t at = names_number(name) & (names.size - 1);

	while (names.at[at] && strcmp(names.at[at], name) != 0)
		at = (at + 1) & (names.size - 1);
	return &names.at[at];
}

static int grow(void)
{
	struct names old = names;

	names.size = old.size ? old.size * 2 : 1024;
	names.at = calloc(names.size, sizeof(*names.at));
	if (!names.at) {
		names = old;
		return -1;
	}
	for (size_t i = 0; i < old.size; i++)
		if (old.at[i])
			*place_of(old.at[i]) = old.at[i];
	free(old.at);
	return 0;
}

const char *names_keep(const char *name)
{
	char **place;

	if (!name || (names.used * 2 >= names.size && grow()))
		return NULL;
	place = place_of(name);
	if (!*place) {
		*place = strdup(name);
		names.used += *place != NULL;
	}
	return *place;
}
