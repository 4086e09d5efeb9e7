/* SPDX-License-Identifier: MIT */
/*
 * Segments made up by tests, written by nobody's writer.
 */
#ifndef GPUSPY_TESTS_SYNTHETIC_H
#define GPUSPY_TESTS_SYNTHETIC_H

#include <stddef.h>
#include <sys/types.h>

#include "segment/snapshot.h"

enum { SYNTHETIC_BLOCKS = 4 };

struct synthetic {
	char *bytes; /* of a whole file */
	size_t size;
	struct segment_header *header; /* these point into it */
	struct segment_device *devices;
	struct segment_library *libraries;
	struct segment_row *rows;
	char *strings;
};

/* A good segment of a process that did nothing yet, with SYNTHETIC_BLOCKS blocks. */
struct synthetic synthetic_new(pid_t pid, uint64_t start_ticks, unsigned image);
void synthetic_free(struct synthetic *s);

uint32_t synthetic_string(struct synthetic *s, const char *text);

/* The figures are spread over the blocks. They return the row's number. */
uint32_t synthetic_row(struct synthetic *s, struct segment_row row, uint64_t a, uint64_t b);
uint32_t synthetic_function(struct synthetic *s, enum segment_layer layer, const char *library,
	const char *name, uint64_t calls, uint64_t errors, int last_error);
uint32_t synthetic_kernel(struct synthetic *s, const char *name, int device, uint64_t launches);

/* All rows of a context, with these kernels launched. */
uint32_t synthetic_context(struct synthetic *s, int device, uint64_t launches, uint64_t confirmed);

struct segment_library *synthetic_library(
	struct synthetic *s, const char *name, bool loaded, const char *error);
struct segment_device *synthetic_device(
	struct synthetic *s, int ordinal, const char *name, uint8_t uuid);

/* A session's worth of everything: a program that trained a small network. */
struct synthetic synthetic_training(pid_t pid, uint64_t start_ticks, unsigned image);

/* Writes FOLDER/PID-START-IMAGE.seg. */
void synthetic_write(const struct synthetic *s, const char *folder);

struct segment_source synthetic_source(struct synthetic *s);

/* For damage by chance. GPUSPY_TEST_SEED repeats a run; the seed is printed, as TAP's comment. */
void synthetic_seed(void);
uint64_t synthetic_random(void);

#endif
