/* SPDX-License-Identifier: MIT */
/*
 * A framework that was built for a newer CUDA than the driver is for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "loader/file.h"
#include "report/sentences.h"

/* 13 of "libcudart.so.13", 11 of "libcudart-d0da41ae.so.11.0"; 0: it is no runtime. */
static int runtime_in(const char *name)
{
	const char *version = strstr(name, ".so.");

	return !strncmp(name, "libcudart", 9) && version ? atoi(version + 4) : 0;
}

int runtime_needed(const char *library)
{
	struct loader_file *file = malloc(sizeof(*file));
	int major = 0;

	if (file && !loader_file_read(file, library))
		for (unsigned i = 0; i < file->n_needed && !major; i++)
			major = runtime_in(file->needed[i]);
	free(file);
	return major;
}

/* Within one major version any driver does ("CUDA Compatibility"). */
bool outdated_finding(struct doctor *doctor, const char *subject, const char *framework, int major,
	const char *told)
{
	const struct session_snapshot session = { .name = "doctor" };
	const int version = doctor->driver_version;
	char fix[512];
	struct text text = text_in(fix, sizeof(fix));

	if (!version || major <= version / 1000)
		return false;
	advise_too_old(&text, &session);
	doctor_add(doctor, LEVEL_PROBLEM, subject, fix,
		"%s: GPU build for CUDA %d, and the driver is for CUDA %d.%d (%s)", framework,
		major, version / 1000, version % 1000 / 10, told);
	doctor_reason(doctor, "driver-too-old");
	return true;
}
