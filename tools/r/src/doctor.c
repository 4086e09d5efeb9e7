/* SPDX-License-Identifier: MIT */
/*
 * gpuspy-doctor PROGRAM | gpuspy-doctor -p PID: the findings of gpuspy doctor for gpu_doctor(),
 * which reads them from standard output. A program of its own, for the driver is asked in forked
 * children, and an R with a GPU at work is nothing to fork.
 *
 * The first line: 1 or 0 for usable, for simulated, and of a process the summary. Then a finding a
 * line: level, subject, text, fix, reason. Between them are tabs; control characters are escaped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"
#include "report/format.h"
#include "segment/own_program.h"

OWN_PROGRAM;

enum { COLUMNS = 2000 };

static void put(const char *foreign, const char *after)
{
	char buffer[4 * COLUMNS + 16];
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_escaped(&text, foreign ? foreign : "", COLUMNS);
	printf("%s%s", buffer, after);
}

static void print(const struct doctor *doctor)
{
	static const char *const levels[] = {
		[LEVEL_OK] = "ok", [LEVEL_PROBLEM] = "problem", [LEVEL_NOTE] = "note"
	};

	printf("%d\t%d\t", doctor->usable, doctor->simulated);
	put(doctor->summary, "\n");
	for (unsigned i = 0; i < doctor->n_findings; i++) {
		const struct finding *finding = &doctor->findings[i];

		printf("%s\t%s\t", levels[finding->level], finding->subject);
		put(finding->text, "\t");
		put(finding->fix, "\t");
		put(finding->reason, "\n");
	}
}

int main(int argc, char **argv)
{
	struct doctor *doctor = doctor_new();

	if (argc < 2 || !doctor)
		return 2;
	if (argc == 3 && !strcmp(argv[1], "-p")) {
		if (process_findings(doctor, atoi(argv[2])))
			return 1;
	} else {
		doctor->title = "R";
		doctor->program = argv[1];
		doctor_examine(doctor);
	}
	print(doctor);
	doctor_free(doctor);
	return fflush(stdout) || ferror(stdout);
}
