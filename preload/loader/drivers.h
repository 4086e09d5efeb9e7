/* SPDX-License-Identifier: MIT */
/*
 * Several drivers on one machine: the toolkit's stub, a compat package's, WSL's, a container's, a
 * folder's that R puts first. Which libcuda another way to start the program would load.
 */
#ifndef GPUSPY_LOADER_DRIVERS_H
#define GPUSPY_LOADER_DRIVERS_H

#include <limits.h>
#include <stdbool.h>

struct loader_other_driver {
	char path[PATH_MAX]; /* of the other one */
	char words[1024];    /* who put the loaded one first; "": nobody knows */
};

/* Another libcuda than the one at `path`, which was found with that LD_LIBRARY_PATH. */
bool loader_other_driver(struct loader_other_driver *other, const char *root,
	const char *library_path, const char *path);

/* Who put the folder of a library first: "R_LD_LIBRARY_PATH", ...; NULL: nobody knows. */
const char *loader_who_put_first(const char *library_path, const char *path);

#endif
