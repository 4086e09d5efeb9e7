/* SPDX-License-Identifier: MIT */
/*
 * What a framework lacks of NVIDIA's libraries, as the loader would look for them.
 */
#ifndef GPUSPY_DOCTOR_LACK_H
#define GPUSPY_DOCTOR_LACK_H

#include "doctor.h"

/* The first that is missing or broken, and where it lies. */
struct lack {
	char name[128], path[PATH_MAX], words[1024];
	bool missing, broken; /* broken: it is there, at that path */
};

/* Of a library by its name or path, for the asker (NULL: the program). */
void lack_of(struct doctor *doctor, const char *name, const char *asker, struct lack *lack);

#endif
