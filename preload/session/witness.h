/* SPDX-License-Identifier: MIT */
/*
 * The second witness: what this process has of a GPU, told by others than the counts.
 *
 * A NO is a claim about all of a process, and the counts know only of what came through the doors.
 * So, once, at the end, when no kernel was counted, somebody else is asked: the loader (which
 * libraries are there) and the kernel (what is mapped, which files are open).
 */
#ifndef GPUSPY_SESSION_WITNESS_H
#define GPUSPY_SESSION_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

struct sock_fprog;

/* An object was loaded at [low, high). Under ld.so's load lock. */
void witness_library(const char *path, uintptr_t low, uintptr_t high);

/* It has gone: at its place may come one of another namespace. Under the same lock. */
void witness_library_gone(uintptr_t low);

/*
 * The program is going to put a filter of system calls in place (filter_comes()), and has, or has
 * not: from then on the kernel is asked nothing more.
 */
void witness_filter_comes(const struct sock_fprog *filter);
void witness_filter_came(bool in_place);
bool witness_is_filtered(void);

/* Nor is the driver, which asks the kernel in its turn; and with GPUSPY_REPORT=never neither is. */
bool witness_may_ask_driver(void);

/* A namespace of the loader may be made: what is in it comes by no door. */
void witness_namespace(void);

/* So many drivers are in one that may be closed now: at the end nobody could tell of them. */
void witness_namespace_goes(unsigned drivers);

/* Is it a file of a GPU's? One that the program itself has opened, whatever becomes of it. */
bool witness_is_device(const char *path);
bool witness_may_be_device(const char *name); /* by its name alone */
void witness_opened(const char *path);

/* This process has a segment, and no kernel was counted. */
bool witness_is_wanted(void);

/*
 * Of a process that has none: are a GPU's files open in it, or can that not be told? Nothing is
 * asked of the kernel where a sandbox could kill for it, or where there are no such files.
 */
bool witness_of_bystander(void);

/*
 * Looks, and writes what it saw into the segment. `contexts`: the number of devices whose primary
 * context is active, as the driver says, -1: it could not be asked.
 */
void witness_look(int contexts);

#endif
