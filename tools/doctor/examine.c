/* SPDX-License-Identifier: MIT */
/*
 * All subjects, one after the other. Nothing here prints: the R package has it too.
 */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "ground/path.h"
#include "loader/why.h"
#include "probe.h"
#include "session/access.h"

enum { SEARCH_TIME = 1500 /* milliseconds */ };

struct doctor *doctor_new(void)
{
	const char *root = getenv("GPUSPY_DOCTOR_ROOT"), *home = getenv("HOME");
	struct doctor *doctor = calloc(1, sizeof(*doctor));

	if (!doctor)
		return NULL;
	doctor->root = root ? root : "";
	doctor->home = home ? home : "/nonexistent";
	loader_search_begin(&doctor->search, doctor->root, getenv("LD_LIBRARY_PATH"));
	return doctor;
}

/* Where that program would find the driver; NULL: where any program does. */
static struct answer *driver_meant(const struct doctor *doctor)
{
	const struct why_question question = {
		.root = doctor->root,
		.library_path = doctor->search.library_path,
		.program = doctor->program,
		.name = "libcuda.so.1",
	};
	struct answer *meant = doctor->program ? calloc(1, sizeof(*meant)) : NULL;

	if (meant)
		loader_where(&question, meant->path);
	return meant;
}

static bool is_program(const struct doctor *doctor, const char *name)
{
	return doctor->program && !strcmp(path_file(doctor->program), name);
}

/* The children work while the files are looked at. */
void doctor_examine(struct doctor *doctor)
{
	struct answer *meant = driver_meant(doctor);
	struct probe driver, nvml;

	probe_start(&driver, ask_driver, meant);
	probe_start(&nvml, ask_nvml, NULL);
	free(meant);
	doctor->access = access_look(doctor->root);
	doctor->deadline = doctor_now() + SEARCH_TIME;
	driver_findings(doctor, &driver);
	nvml_findings(doctor, &nvml);
	machine_findings(doctor);
	variable_findings(doctor);
	program_findings(doctor);
	library_findings(doctor);
	if (!doctor->program || is_program(doctor, "R"))
		r_findings(doctor);
	if (!doctor->program || doctor->prefix || is_program(doctor, "R"))
		python_findings(doctor);
}

void doctor_free(struct doctor *doctor)
{
	while (doctor->n_findings) {
		free(doctor->findings[--doctor->n_findings].text);
		free(doctor->findings[doctor->n_findings].fix);
	}
	free(doctor->findings);
	free(doctor->summary);
	loader_search_end(&doctor->search);
	free(doctor);
}
