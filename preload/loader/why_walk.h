/* SPDX-License-Identifier: MIT */
/*
 * What why.c and why_symbols.c share: the libraries that one brings, in the loader's order.
 */
#ifndef GPUSPY_LOADER_WHY_WALK_H
#define GPUSPY_LOADER_WHY_WALK_H

#include "../ground/arena.h"
#include "file.h"
#include "nearby.h"
#include "search.h"
#include "symbols.h"
#include "why.h"

enum { OBJECTS_MAX = 512, WORDS_MAX = 1024 };

struct why_object {
	const char *name;       /* as it was asked for, or is needed */
	struct loader_asker as; /* its path, and who brought it */
	const char *soname;     /* NULL: none */
	const char **needs;     /* names */
	unsigned n_needs;
	enum loader_way way;
	bool loaded; /* by the process, already */
	bool read;   /* false: it is no library */
	struct loader_symbols symbols;
};

struct walk {
	const struct why_question *question;
	struct arena arena;
	struct loader_search search;
	struct loader_file file;
	struct loader_nearby nearby;
	struct why_object objects[OBJECTS_MAX]; /* the program, who asks, what was asked for, ... */
	unsigned n, first;                      /* objects[first] is what was asked for */
	char words[WORDS_MAX];
	const char *first_words; /* of the first that is missing */
	bool any;
};

/* The object of that name or SONAME; NULL: there is none. */
struct why_object *why_find(struct walk *walk, const char *name);

/*
 * The first object of which a symbol or a version is not to be had from those that it comes with,
 * and in walk->words what the loader says of that, and which other file has it; NULL: none.
 */
struct why_object *why_symbols(struct walk *walk);

#endif
