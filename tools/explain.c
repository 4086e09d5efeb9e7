/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "loader/why.h"

struct explanation {
	struct library_figures *library;
	struct arena *arena;
};

static void take(const struct why *why, void *data)
{
	struct explanation *to = data;
	struct library_figures *library = to->library;

	if (strcmp(why->name, library->name) != 0)
		return;
	if (why->words && !library->error)
		library->error = arena_copy(to->arena, why->words, strlen(why->words));
	if (why->path && !library->path && why->kind != WHY_VERSION)
		library->path = arena_copy(to->arena, why->path, strlen(why->path));
}

static void explain(struct library_figures *library, const char *program, struct arena *arena)
{
	struct explanation to = { library, arena };
	const struct why_question question = {
		.root = "",
		.library_path = getenv("LD_LIBRARY_PATH"),
		.program = program,
		.name = library->name,
		.asker = library->asker_path,
		.tell = take,
		.data = &to,
	};

	loader_why(&question);
}

void explain_missing(struct session_snapshot *session, struct arena *arena)
{
	struct figures *figures = &session->figures;
	const char *program = session->n_processes ? session->processes[0].program : NULL;

	for (unsigned i = 0; i < figures->n_libraries; i++) {
		struct library_figures *library = &figures->libraries[i];

		if (library->asked && !library->loaded && !library->error)
			explain(library, program, arena);
	}
}
