/* SPDX-License-Identifier: MIT */
/*
 * What is loaded, and what it takes from elsewhere. Read from memory alone, without a system call
 * and without a lock of the loader's: it runs at the start of every process, where nobody else
 * loads, and for each object that comes, under the loader's lock.
 */
#ifndef GPUSPY_SESSION_IMPORTS_H
#define GPUSPY_SESSION_IMPORTS_H

#include <link.h>
#include <stdbool.h>

/* Does the program close standard error itself, as GNU's small ones do? */
bool imports_closes_error(void);

/* At the start; and an object that has come since. */
void imports_begin(void);
void imports_came(const struct link_map *map);

/*
 * Can this process have started another one? Only if the program or a library of it takes a
 * function from libc that does.
 */
bool imports_can_start_children(void);

/* Can it become another program, start a shell, or load a library, unless by a system call? */
bool imports_can_become(void);

/* Could a filter of system calls (seccomp) have been made by something that is loaded? */
bool imports_can_filter(void);

/*
 * Neither the program nor a library of it can start another program, but by a shell, load a library
 * or look up a function, and none of them is a GPU's: as long as no other object comes and no shell
 * is started, there is nothing to see.
 */
bool imports_is_bystander(void);

/* How many objects are loaded. */
unsigned imports_objects(void);

/* Calls `visit` with the path of each loaded object, until it says true; did it? */
bool imports_any_object(bool (*visit)(const char *path));

/*
 * Another copy of this library stands before this one in the loader's list: functions bind to that
 * one, and this one stands down.
 */
bool imports_second_copy(void);

/* This library came after libc: not preloaded, but loaded into a running program. */
bool imports_came_late(void);

/* The file of this library as the loader knows it. */
const char *imports_own_path(void);

#endif
