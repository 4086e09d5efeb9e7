/* SPDX-License-Identifier: MIT */
/*
 * Why a library that was asked for did not come: told from the files, in the order in which the
 * loader meets them, and in the loader's own words where it has some.
 */
#ifndef GPUSPY_LOADER_WHY_H
#define GPUSPY_LOADER_WHY_H

#include <limits.h>
#include <stdbool.h>

/* ld.so's words of a file that is not there (elf/dl-load.c), after its name and ": ". */
#define WHY_NO_FILE "cannot open shared object file"

enum why_kind {
	WHY_MISSING, /* it is nowhere where the loader looks for `by`; every one is told */
	WHY_NEARBY,  /* of a missing one: it lies at `path`, where the loader does not look */
	WHY_VERSION, /* of a missing one: another version of it is at `path` */
	WHY_BROKEN,  /* it is at `path`, and cannot be loaded */
};

struct why {
	enum why_kind kind;
	const char *name;  /* as it was asked for, or is needed */
	const char *path;  /* NULL: none */
	const char *words; /* of missing and broken ones */
	const char *by;    /* path of who needs it; NULL: unknown, or the program */
};

struct why_question {
	const char *root;         /* before the cache and all in it: "", or a test's folder */
	const char *library_path; /* LD_LIBRARY_PATH; NULL: none */
	const char *program;      /* path of the executable, whose RPATH counts; NULL: unknown */
	const char *called;       /* as it was called: a virtualenv's link; NULL: unknown */
	const char *name;         /* what was asked for: a name, or a path */
	const char *asker;        /* path of the object that asked; NULL: the program */
	/* The path of a library that is loaded already under that name; NULL: it is not. The
	   function NULL: nothing is loaded. */
	const char *(*loaded)(const char *name, void *data);
	/* Calls `visit` with the path of every object that is loaded. NULL: nothing is. */
	void (*each_loaded)(bool (*visit)(const char *path, void *mine), void *mine, void *data);
	void (*tell)(const struct why *why, void *data);
	void *data;
};

/* The path where the loader would find it for the asker; false: nowhere. */
bool loader_where(const struct why_question *question, char path[PATH_MAX]);

/* Asks nothing of malloc. False: nothing was found that would keep it from being loaded. */
bool loader_why(const struct why_question *question);

#endif
