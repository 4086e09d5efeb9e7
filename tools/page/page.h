/* SPDX-License-Identifier: MIT */
/*
 * gpuspy report --html: a session as one page, which needs nothing from outside.
 */
#ifndef GPUSPY_PAGE_PAGE_H
#define GPUSPY_PAGE_PAGE_H

#include <stdio.h>

#include "report/verdict.h"
#include "timeline.h"

struct page {
	const struct session_snapshot *session;
	const struct judgement *judgement;
	const struct timeline *timeline; /* NULL: no record */
	FILE *to;
};

/*
 * Writes the page to FILE ("-": standard output). `record`: a record of the session, NULL: the one
 * that its recorder noted in the session's folder in `base`, if there is one. -1: it could not be
 * read or written, which is said.
 */
int page_report(const char *file, const char *record, const char *base,
	const struct session_snapshot *session, const struct judgement *judgement);

/* The parts, in the order of the page. */
void page_verdict(const struct page *page);
void page_tiles(const struct page *page);
void page_timeline(const struct page *page);
void page_devices(const struct page *page);
void page_processes(const struct page *page);
void page_kernels(const struct page *page);
void page_functions(const struct page *page);
void page_libraries(const struct page *page);
void page_gaps(const struct page *page);

#endif
