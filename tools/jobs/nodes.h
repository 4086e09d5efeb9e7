/* SPDX-License-Identifier: MIT */
/*
 * Lists in the schedulers' short forms: n[1-3,07],m2.
 */
#ifndef GPUSPY_JOBS_NODES_H
#define GPUSPY_JOBS_NODES_H

enum { NODES_MAX = 65536, NODE_NAME_MAX = 256 };

/*
 * Calls `visit` with each name, in order; what stands there is from outside. -1: it is no such
 * list, has more than `most` names, or too long ones; those before were visited.
 */
int nodes_each(const char *list, unsigned most, void (*visit)(void *context, const char *name),
	void *context);

enum { GPUS_MAX = 4096, GPU_ID_MAX = 96 };

/*
 * Calls `visit` (NULL: nobody) with what each GPU of a list is called, a number or a UUID: "0,2-3"
 * has three. How many there are; "none" has 0. -1: it is no such list, or does not say which, as
 * "all"; some may have been visited.
 */
int gpus_each(const char *list, void (*visit)(void *context, const char *id), void *context);

int gpus_count(const char *list);

#endif
