/*
 * Relocation slots: how linked programs and libraries reach NVIDIA's functions.
 *
 * ld.so has decided which function a slot leads to; a slot whose function gets a hook is made to
 * lead to that hook, and to nothing else. See preload/README.md.
 */
#ifndef GPUSPY_DOORS_SLOTS_H
#define GPUSPY_DOORS_SLOTS_H

#include "../objects/objects.h"

/* Looks at the slots of all objects that could have a new target. Under ld.so's load lock. */
void slots_scan(const struct objects *objects);

#endif
