/* SPDX-License-Identifier: MIT */
/*
 * Relocation slots: how linked programs and libraries reach NVIDIA's functions.
 *
 * ld.so has decided which function a slot leads to; a slot whose function gets a hook is made to
 * lead to that hook, and to nothing else. A slot that is not bound yet is bound as its object would
 * bind it.
 *
 * It is done when an object's _init calls __gmon_start__, as every normally linked object's does:
 * after its whole group is relocated, before any constructor of it. Objects without an _init are
 * seen at the next of these calls, or when dlsym is called after dlopen.
 */
#ifndef GPUSPY_DOORS_SLOTS_H
#define GPUSPY_DOORS_SLOTS_H

#include <stdbool.h>

/* Looks at the slots of all objects that could have a new target. Under ld.so's load lock. */
void slots_scan(void);

/*
 * Are there objects with calls that lead nowhere yet, and could lead to NVIDIA's libraries once
 * these are global for the loader? They are looked at by each scan.
 */
bool slots_dangle(void);

/* To the driver? */
bool slots_dangle_to_driver(void);

/* To the driver, of objects that were gone at the last look: nobody knows what they have called. */
bool slots_dangled_to_driver(void);

/*
 * From now on, slots that lead to libc's own dlsym and the like are made to lead to the doors: of
 * objects that did not find this library's first.
 */
void slots_by_address(void);

/* The doors, and `exit`, which is a way to leave. At the start, when the loader is known. */
void slots_begin(void (*exit)(int status));

/*
 * What stands for another function of libc's, by its name and where it lies, in such slots: ways to
 * start a program, to become another user, to open a file. At the start; `name` stays.
 */
void slots_stand(const char *name, const void *libcs, void *ours);

/* Does something stand for a function of that name? */
bool slots_stand_for(const char *name);

/*
 * The door, or what else stands for libc's function at that address; NULL: nothing does. Of those
 * that stand for one with several names (open and open64) it is the one of that name.
 */
void *slots_door(const void *target, const char *name);

#endif
