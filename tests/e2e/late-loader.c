/* SPDX-License-Identifier: MIT */
/*
 * Preloaded: loads LATE_LIBRARY by dlopen, as a program that is running does. LATE_GLOBAL: with
 * RTLD_GLOBAL; LATE_AFTER: so many microseconds after the start, from a thread of its own, while
 * the program does what it does.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *load(void *after)
{
	usleep((useconds_t)(uintptr_t)after);
	if (!dlopen(getenv("LATE_LIBRARY"),
		    RTLD_NOW | (getenv("LATE_GLOBAL") ? RTLD_GLOBAL : RTLD_LOCAL))) {
		fprintf(stderr, "%s\n", dlerror());
		_exit(1);
	}
	return NULL;
}

__attribute__((constructor)) static void begin(void)
{
	const char *after = getenv("LATE_AFTER");
	pthread_t thread;

	if (!getenv("LATE_LIBRARY"))
		return;
	if (!after)
		load(NULL);
	else if (!pthread_create(&thread, NULL, load, (void *)(uintptr_t)atol(after)))
		pthread_detach(thread);
}
