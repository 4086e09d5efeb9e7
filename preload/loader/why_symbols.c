/* SPDX-License-Identifier: MIT */
/*
 * A library whose needs are all there and that cannot be loaded all the same: mostly an older file
 * of one of them came first.
 */
#include <stdio.h>
#include <string.h>

#include "../ground/path.h"
#include "why_walk.h"

enum { LOOK_UPS_MAX = 4000000 }; /* a few tenths of a second */

/* What is not to be had. */
struct lack {
	struct walk *walk;
	struct why_object *object; /* whose need it is */
	const char *symbol;        /* NULL: a version as such */
	const char *version;       /* NULL: none */
	const char *file;          /* from which the version should come; NULL: from any */
	unsigned look_ups;
};

struct why_object *why_find(struct walk *walk, const char *name)
{
	for (unsigned i = 0; i < walk->n; i++) {
		struct why_object *object = &walk->objects[i];

		if (!strcmp(object->name, name) ||
			(object->soname && !strcmp(object->soname, name)))
			return object;
	}
	return NULL;
}

static const struct loader_symbols *symbols_of(struct why_object *object)
{
	if (!object->symbols.map && object->read)
		loader_symbols_open(&object->symbols, object->as.path);
	return &object->symbols;
}

static bool has(const struct loader_symbols *symbols, const struct lack *lack)
{
	return lack->symbol ? loader_symbols_define(symbols, lack->symbol, lack->version)
			    : loader_versions_have(symbols, lack->version);
}

static bool file_has(const char *path, const struct lack *lack)
{
	struct loader_symbols symbols;
	bool found;

	loader_symbols_open(&symbols, path);
	found = symbols.map && has(&symbols, lack);
	loader_symbols_close(&symbols);
	return found;
}

/* Among all that come along, and all that are loaded. */
static bool is_to_be_had(struct lack *lack)
{
	struct walk *walk = lack->walk;

	for (unsigned i = 0; i < walk->n; i++)
		if (loader_symbols_define(
			    symbols_of(&walk->objects[i]), lack->symbol, lack->version))
			return true;
	return false;
}

static bool wants_symbol(const char *name, const char *version, void *data)
{
	struct lack *lack = data;

	lack->symbol = name;
	lack->version = version;
	lack->look_ups += lack->walk->n;
	if (is_to_be_had(lack) || lack->look_ups > LOOK_UPS_MAX) {
		lack->symbol = NULL;
		return lack->look_ups <= LOOK_UPS_MAX;
	}
	return false;
}

static bool wants_version(const char *file, const char *version, void *data)
{
	struct lack *lack = data;
	struct why_object *from = why_find(lack->walk, file);

	if (!from || !symbols_of(from)->map || loader_versions_have(symbols_of(from), version))
		return true;
	lack->file = file;
	lack->version = version;
	return false;
}

/* Is there something that the object lacks? */
static bool lacks(struct lack *lack)
{
	const struct loader_symbols *symbols = symbols_of(lack->object);

	lack->symbol = lack->version = lack->file = NULL;
	loader_versions_wanted(symbols, wants_version, lack);
	if (lack->file)
		return true;
	loader_symbols_wanted(symbols, wants_symbol, lack);
	return lack->symbol != NULL;
}

/* Another file of the same name, which has it. */
struct other {
	struct lack *lack;
	const char *first; /* the one that came */
	char path[512];
};

static bool try_other(const char *path, enum loader_way way, void *data)
{
	struct other *other = data;

	(void)way;
	if (!strcmp(path, other->first) || !file_has(path, other->lack))
		return true;
	snprintf(other->path, sizeof(other->path), "%s", path);
	return false;
}

/* Beside who needs it is where a wheel has the one that fits. */
static void try_beside(struct other *other, const char *name)
{
	const char *path = other->lack->object->as.path;
	char beside[sizeof(other->path)];
	int folder = (int)(path_file(path) - path);

	if (*other->path || snprintf(beside, sizeof(beside), "%.*s%s", folder, path, name) >=
				    (int)sizeof(beside))
		return;
	try_other(beside, WAY_NONE, other);
}

static bool find_other(struct other *other, const char *name)
{
	struct walk *walk = other->lack->walk;

	*other->path = 0;
	loader_search_all(&walk->search, &other->lack->object->as, name, try_other, other);
	try_beside(other, name);
	walk->nearby.root = walk->question->root;
	walk->nearby.asker = other->lack->object->as.path;
	walk->nearby.program = walk->question->called;
	if (!*other->path && loader_nearby(&walk->nearby, name))
		try_other(walk->nearby.path, WAY_NONE, other);
	return *other->path;
}

/* Which file came, and which would have done. */
static void say_other(struct lack *lack, size_t used)
{
	struct walk *walk = lack->walk;
	struct other other = { .lack = lack };

	for (unsigned i = 0; i < lack->object->n_needs; i++) {
		const char *name = lack->object->needs[i];
		const struct why_object *came = why_find(walk, name);

		if (!came || (lack->file && strcmp(name, lack->file) != 0))
			continue;
		other.first = came->as.path;
		if (!find_other(&other, name))
			continue;
		snprintf(walk->words + used, WORDS_MAX - used, "; %s %s%s%s, %s has it",
			came->as.path, came->loaded ? "was loaded before" : "came first (",
			came->loaded ? "" : loader_way_name(came->way), came->loaded ? "" : ")",
			other.path);
		return;
	}
}

/* In glibc's words (elf/dl-version.c, dl-lookup.c). */
static void say(struct lack *lack)
{
	struct walk *walk = lack->walk;
	const struct why_object *object = lack->object;
	const struct why_object *from = lack->file ? why_find(walk, lack->file) : NULL;
	int n;

	if (lack->symbol)
		n = snprintf(walk->words, WORDS_MAX, "%s: undefined symbol: %s%s%s",
			object->as.path, lack->symbol, lack->version ? ", version " : "",
			lack->version ? lack->version : "");
	else
		n = snprintf(walk->words, WORDS_MAX, "%s: version `%s' not found (required by %s)",
			from ? from->as.path : lack->file, lack->version, object->as.path);
	if (n > 0 && n < WORDS_MAX)
		say_other(lack, (size_t)n);
}

struct why_object *why_symbols(struct walk *walk)
{
	struct lack lack = { .walk = walk };
	struct why_object *found = NULL;

	/* Without the program nobody knows what it offers. */
	for (unsigned i = walk->first; walk->question->program && !found && i < walk->n; i++) {
		lack.object = &walk->objects[i];
		if (lack.object->loaded || !lacks(&lack))
			continue;
		found = lack.object;
		say(&lack);
	}
	for (unsigned i = 0; i < walk->n; i++)
		loader_symbols_close(&walk->objects[i].symbols);
	return found;
}
