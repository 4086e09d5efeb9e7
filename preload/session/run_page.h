/* SPDX-License-Identifier: MIT */
/*
 * The marks of this process in the page of `gpuspy run` (segment/run_page.h). In a program that was
 * started by something else there is no page, and all of this does nothing.
 */
#ifndef GPUSPY_SESSION_RUN_PAGE_H
#define GPUSPY_SESSION_RUN_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* At the start, before the program can close descriptors: the library began. */
void run_page_begin(void);

/* Does `gpuspy run` wait for this process or for one above it? */
bool run_page_present(void);

/*
 * This process goes on as another user, and has said so in that folder: whoever reads the session
 * there reads its later segments, too.
 */
void run_page_became_user(const char *folder);

/* A segment was made, in that folder or, with `in_file` false, in private memory. */
void run_page_segment(const char *folder, bool in_file);

/* A segment that was made in that folder is a number there from now on. */
void run_page_folded(const char *folder);

/* Tells this page from others', 0: there is none. */
uint32_t run_page_number(void);

/* Has `gpuspy run` become the parent of this process, and did not start it? */
bool run_page_took_over(pid_t parent);

/*
 * Standard error is the one of `gpuspy run`: what is said there reaches its user, and nobody who
 * captures what this process writes.
 */
bool run_page_same_error(void);

/* The segment that was made last is where `gpuspy run` does not see it. */
bool run_page_hidden(void);

/* A program is started that the library is not loaded into. False: there is no page. */
bool run_page_unwatched(void);

/* The same of one that the library is loaded into, and that will not be of this session. */
bool run_page_apart(void);

/* This process ends, by a way that the library sees. No system call. */
void run_page_end(void);

/* This process is to become a program of that name, in which the library need not begin. */
void run_page_becomes(const char *name);

/* At the end, of a process that has a segment: its file is gone. */
void run_page_lost(void);

#endif
