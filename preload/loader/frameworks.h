/* SPDX-License-Identifier: MIT */
/*
 * Frameworks that can use a GPU, known by the file names of their libraries; whether a given build
 * of one has code for it, told from its files, without loading anything; and what cures one that
 * has not.
 */
#ifndef GPUSPY_LOADER_FRAMEWORKS_H
#define GPUSPY_LOADER_FRAMEWORKS_H

#include <stdbool.h>

#include "../segment/layout.h"

struct framework {
	const char *library; /* its file name, without what follows ".so" */
	const char *in;      /* the folders that it must be in; NULL: any */
	const char *name;    /* as people know it */
	const char *cpu;     /* what its CPU build is: "is installed without code for GPUs" */
	const char *python;  /* the command that cures it; NULL: there is none */
	const char *r;       /* the same in R */
	const char *use; /* how a program asks it for the GPU; NULL: not known, or see `itself` */
	const char *wheels; /* what brings NVIDIA's libraries for it, in Python; NULL: unknown */
	const char
		*musts; /* what it cannot do without, by ':', of all that it tries; NULL: unknown */
	const char *siblings; /* beside it; one of them, by ':', is in builds with GPU code only */
	const char *code;     /* a file beside it of which the code for GPUs tells, "": itself */
	const char *folder;   /* and a folder beside it */
	const char *entry;    /* where an entry that begins so tells */
	const char *packages; /* two packages of PyPI that overwrite each other: "cpu:gpu" */
	bool itself;          /* it takes a GPU that it finds, and says why it does not */
	bool never;           /* a library that only builds without GPU code have */
};

/* By the path of a library of it; NULL: it is none. */
const struct framework *framework_of(const char *path);

/* Is the library one that the framework cannot do without? */
bool framework_must_have(const struct framework *framework, const char *library);

/* Its name, NULL: it is none. */
const char *framework_name(const char *path);

/* Reads at most a few files beside it. */
enum segment_build framework_build(const char *path);

#endif
