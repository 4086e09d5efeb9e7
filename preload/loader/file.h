/* SPDX-License-Identifier: MIT */
/*
 * A shared library as it lies on disk: what it needs, where it looks, whether it has GPU code.
 */
#ifndef GPUSPY_LOADER_FILE_H
#define GPUSPY_LOADER_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* TensorFlow 2.21 has a RUNPATH of 20 KB. */
enum { LOADER_NEEDED_MAX = 96, LOADER_STRINGS_MAX = 128 << 10 };

struct loader_file {
	const char *needed[LOADER_NEEDED_MAX]; /* DT_NEEDED, in order */
	unsigned n_needed;
	const char *soname; /* NULL: none */
	/*
	 * not expanded; NULL: none. An RPATH beside a RUNPATH does not count for the loader, and
	 * is NULL here
	 */
	const char *rpath, *runpath;
	char strings[LOADER_STRINGS_MAX];
	size_t used;
};

/* Reads a library of this machine's class and byte order. -1: it is none, or cannot be read. */
int loader_file_read(struct loader_file *file, const char *path);

enum loader_fit {
	FILE_FITS,
	FILE_FOREIGN,    /* for another machine, or another class of it */
	FILE_NONE,       /* no ELF file at all */
	FILE_SHORT,      /* empty, or cut */
	FILE_UNREADABLE, /* a folder, or it may not be read */
};

/* By its first bytes. */
enum loader_fit loader_file_fits(const char *path);

/* Has it a section in which nvcc leaves code for GPUs (.nv_fatbin)? -1: cannot be read. */
int loader_file_has_gpu_code(const char *path);

#endif
