/* SPDX-License-Identifier: MIT */
/*
 * A session, read. It lives in memory of its own, which R's collector gives back, for any call of R
 * may leave by an error.
 */
#ifndef GPUSPY_R_READING_H
#define GPUSPY_R_READING_H

#include "package.h"
#include "report/text.h"
#include "report/verdict.h"
#include "segment/snapshot.h"

struct reading {
	struct arena arena;
	struct session_snapshot session;
	struct judgement judgement;
	char text[TEXT_REPORT_MAX];
};

/* NULL: it cannot be read. Else `owner` is what has to be protected while the reading is used. */
struct reading *reading_open(SEXP base, SEXP name, SEXP *owner);

/* The process of that number, NULL: none. */
struct process_snapshot *reading_process(struct reading *reading, int pid);

#endif
