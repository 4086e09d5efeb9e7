/* SPDX-License-Identifier: MIT */
#include "lack.h"

#include <stdio.h>
#include <string.h>

#include "loader/why.h"

/* The driver's own library is told of elsewhere. */
static bool is_nvidias(const char *name)
{
	return strncmp(name, "libcuda.so", 10) != 0 &&
	       (!strncmp(name, "libcu", 5) || !strncmp(name, "libnv", 5) ||
		       !strncmp(name, "libnccl", 7));
}

static void note_lack(const struct why *why, void *data)
{
	struct lack *lack = data;

	if (!is_nvidias(why->name))
		return;
	if (why->kind == WHY_NEARBY && !*lack->path && !strcmp(why->name, lack->name))
		snprintf(lack->path, sizeof(lack->path), "%s", why->path);
	if ((why->kind != WHY_MISSING && why->kind != WHY_BROKEN) || lack->missing)
		return;
	lack->missing = true;
	lack->broken = why->kind == WHY_BROKEN;
	if (lack->broken)
		snprintf(lack->path, sizeof(lack->path), "%s", why->path);
	snprintf(lack->name, sizeof(lack->name), "%s", why->name);
	snprintf(lack->words, sizeof(lack->words), "%s", why->words);
}

void lack_of(struct doctor *doctor, const char *name, const char *asker, struct lack *lack)
{
	struct why_question question = {
		.root = doctor->root,
		.library_path = doctor->search.library_path,
		.program = doctor->program,
		.name = name,
		.asker = asker,
		.tell = note_lack,
		.data = lack,
	};

	memset(lack, 0, sizeof(*lack));
	loader_why(&question);
}
