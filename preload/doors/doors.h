/* SPDX-License-Identifier: MIT */
/*
 * Doors: the ways by which a program gets at NVIDIA's functions, and where each one is given a
 * hook.
 *
 * The doors themselves (dlsym, dlvsym, dlopen, __gmon_start__, ...) are in arch/.../doors.S; here
 * is what they call. Another way in is a slot (slots.h), and a third the driver's own
 * cuGetProcAddress (procaddr.c).
 */
#ifndef GPUSPY_DOORS_DOORS_H
#define GPUSPY_DOORS_DOORS_H

#include <dlfcn.h>
#include <stdbool.h>

#include "../hooks/hooks.h"

/* cuGetProcAddress in its forms: procaddr.c. */
extern const struct observer procaddr_observers[];

/* 0 until doors_start(): everything passes through. */
extern int doors_open;
/*
 * Not 0: dlopen was called, and its objects may not have told of themselves; or a look-up of any
 * name may concern us.
 */
extern int doors_unseen;
/* Not 0: dlclose was called since the last look at what is loaded. */
extern int doors_closed;
/* Not 0: dlmopen has made other namespaces of the loader, and what is closed may be in one. */
extern int doors_namespaces;

/* What the rooms above have to say, or to hear, at the start. */
struct doors_beginning {
	bool late; /* the program is running, and others than we were bound to what it calls */
	void (*exit)(int status); /* what is to stand for libc's _exit */
	/* Late: what was there, before any of it is hooked. Under ld.so's load lock. */
	void (*found)(bool driver, unsigned above);
};

/* Opens the doors and looks at what is loaded. -1: no memory, or no loader that we know. */
int doors_start(const struct doors_beginning *beginning);

/* At the end, before it is asked what is loaded: what was closed since the last look is unmapped.
 */
void doors_look_again(void);

/* Is a driver there that slots, which nobody has looked at since it came, may lead to? */
bool doors_may_hide_calls(void);

/* At an end at which nothing may be looked at. */
void doors_leave(void);

/* An object is about to run its constructors; `address` is in it. */
void doors_new_code(uintptr_t address);

/*
 * From doors.S: what the caller is to get, or NULL: the real function is to answer. `caller` is an
 * address in the caller's code, `function` is what the door leads on to.
 */
void *doors_dlsym(void *handle, const char *name, const void *caller, void *function);
void *doors_dlvsym(
	void *handle, const char *name, const char *version, const void *caller, void *function);
void doors_dlopen(const char *name, int flags, const void *caller); /* may bring something */
void doors_dlmopen(Lmid_t space, const char *name, int flags, const void *caller);
void doors_dlclose(const void *handle); /* where doors_namespaces or doors_unseen is not 0 */

#endif
