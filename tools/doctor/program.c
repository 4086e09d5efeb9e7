/* SPDX-License-Identifier: MIT */
/*
 * The program that is asked about: does it get the libraries that it is linked to?
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "loader/why.h"

/* The first that is missing or broken, and where it lies. */
struct lack {
	struct doctor *doctor;
	char name[128], words[1024], fix[PATH_MAX + 64];
};

static void note_lack(const struct why *why, void *data)
{
	struct lack *lack = data;
	const char *slash = why->path ? strrchr(why->path, '/') : NULL;

	if (!*lack->name && (why->kind == WHY_MISSING || why->kind == WHY_BROKEN)) {
		snprintf(lack->name, sizeof(lack->name), "%s", why->name);
		snprintf(lack->words, sizeof(lack->words), "%s", why->words);
	} else if (why->kind == WHY_NEARBY && !strcmp(why->name, lack->name) && slash) {
		snprintf(lack->fix, sizeof(lack->fix), "LD_LIBRARY_PATH=%.*s:$LD_LIBRARY_PATH",
			(int)(slash - why->path), why->path);
	}
}

void program_findings(struct doctor *doctor)
{
	struct lack lack = { .doctor = doctor };
	struct why_question question = {
		.root = doctor->root,
		.library_path = doctor->search.library_path,
		.program = doctor->program,
		.name = doctor->program,
		.tell = note_lack,
		.data = &lack,
	};

	if (!doctor->program)
		return;
	doctor_add(doctor, LEVEL_OK, "program", NULL, "%s is %s", doctor->title, doctor->program);
	if (!loader_why(&question) || !*lack.name)
		return;
	doctor->usable = false;
	doctor_add(doctor, LEVEL_PROBLEM, "program",
		*lack.fix ? lack.fix : "install that library, or add its folder to LD_LIBRARY_PATH",
		"it cannot even start: %s", lack.words);
	doctor_reason(doctor, "library-missing");
}
