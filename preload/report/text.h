/* SPDX-License-Identifier: MIT */
/*
 * The report that people read. Used by the library at the end of a program (also on the way of
 * _exit(), so: no malloc, no stdio streams, no locks) and by `gpuspy report`.
 */
#ifndef GPUSPY_REPORT_TEXT_H
#define GPUSPY_REPORT_TEXT_H

#include <stddef.h>

#include "format.h"
#include "verdict.h"

/* Room for any report: lists are cut to a few entries. */
enum { TEXT_REPORT_MAX = 32768 };

/*
 * Writes the whole report into `to` (always ended by a 0, cut at a line's end when it does not fit)
 * and returns its length. Control characters and invalid UTF-8 from the program are escaped.
 */
size_t text_report(char *to, size_t size, const struct session_snapshot *session,
	const struct judgement *judgement);

/* A command as people typed it: "R train.R" for "/usr/lib/R/bin/exec/R --no-echo ...
 * --file=train.R". */
void text_put_command(struct text *text, const char *command, size_t columns);

/* Since when the processes are counted that gpuspy was loaded into while they ran. */
void text_put_attached(struct text *text, const struct session_snapshot *session);

/* What was not counted, each as a line of the report. */
void text_put_notes(struct text *text, const struct session_snapshot *session);

#endif
