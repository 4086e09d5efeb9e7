/* SPDX-License-Identifier: MIT */
/*
 * gpuspy doctor's findings. The driver is asked in forked children, so this is for an R that does
 * nothing else and is not watched.
 */
#include <string.h>

#include "doctor/doctor.h"
#include "values.h"

static const char *level_of(const void *rows, unsigned i)
{
	static const char *const levels[] = {
		[LEVEL_OK] = "ok", [LEVEL_PROBLEM] = "problem", [LEVEL_NOTE] = "note"
	};

	return levels[((const struct finding *)rows)[i].level];
}

static const char *subject_of(const void *rows, unsigned i)
{
	return ((const struct finding *)rows)[i].subject;
}

static const char *text_of(const void *rows, unsigned i)
{
	return ((const struct finding *)rows)[i].text;
}

static const char *fix_of(const void *rows, unsigned i)
{
	return ((const struct finding *)rows)[i].fix;
}

static const char *reason_of(const void *rows, unsigned i)
{
	return ((const struct finding *)rows)[i].reason;
}

static SEXP findings(const struct doctor *doctor)
{
	const struct {
		const char *name, *(*cell)(const void *rows, unsigned i);
	} columns[] = { { "level", level_of }, { "subject", subject_of }, { "text", text_of },
		{ "fix", fix_of }, { "reason", reason_of } };
	const int count = sizeof(columns) / sizeof(*columns);
	struct list list = list_begin(count);

	for (int i = 0; i < count; i++)
		list_put(&list, columns[i].name,
			column_strings(doctor->n_findings, doctor->findings, columns[i].cell));
	return list_end(&list);
}

/* `pid` above 0: of that process. `program`: the executable for which it is asked. */
SEXP package_doctor(SEXP pid, SEXP program)
{
	struct doctor *doctor = doctor_new();
	struct list list;

	if (!doctor)
		Rf_error("no memory");
	if (Rf_asInteger(pid) > 0) {
		if (process_findings(doctor, Rf_asInteger(pid))) {
			doctor_free(doctor);
			Rf_error("there is no process %d", Rf_asInteger(pid));
		}
	} else {
		doctor->title = "R";
		doctor->program = Rf_translateChar(STRING_ELT(program, 0));
		doctor_examine(doctor);
	}
	list = list_begin(4);
	list_put(&list, "usable", value_flag(doctor->usable));
	list_put(&list, "simulated", value_flag(doctor->simulated));
	list_put(&list, "summary", value_string(doctor->summary));
	list_put(&list, "findings", findings(doctor));
	doctor_free(doctor);
	return list_end(&list);
}
