/* SPDX-License-Identifier: MIT */
/*
 * The loader's own functions, behind the doors of the same names.
 */
#ifndef GPUSPY_OBJECTS_FUNCTIONS_H
#define GPUSPY_OBJECTS_FUNCTIONS_H

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

/* In the order that doors.S and functions.c know. */
union loader_functions {
	struct {
		void *(*dlsym)(void *handle, const char *name);
		void *(*dlvsym)(void *handle, const char *name, const char *version);
		void *(*dlopen)(const char *name, int flags);
		int (*dlclose)(void *handle);
		int (*dladdr)(const void *address, Dl_info *info);
		int (*dladdr1)(const void *address, Dl_info *info, void **extra, int flags);
		void *(*dlmopen)(Lmid_t space, const char *name, int flags);
		void (*exit)(int status); /* _exit, which is _Exit too */
		char *(*dlerror)(void);
		int (*dlinfo)(void *handle, int request, void *answer);
	};
	void *all[10];
};

/*
 * What glibc has in libpthread before 2.34 (2.32) and in libc since. Looked up, so that this
 * library needs libc alone on each: NULL where libpthread has not been loaded.
 */
struct thread_functions {
	int (*getattr_np)(pthread_t thread, pthread_attr_t *attributes);
	int (*attr_getstack)(const pthread_attr_t *attributes, void **low, size_t *size);
	int (*key_create)(pthread_key_t *key, void (*destructor)(void *value));
	int (*setspecific)(pthread_key_t key, const void *value);
};

/* libc's, and those that come after this library's: another preloaded library may have some. */
extern union loader_functions loader_real, loader_next;
extern struct thread_functions loader_threads;

/* The loader's list of objects in the program's own namespace, and this library in it. */
extern struct r_debug *loader_list;
extern struct link_map *loader_self;

enum { LOADER_NEXT_MAX = 64 };

/*
 * The definitions of `n` functions, LOADER_NEXT_MAX at most, that come after this library's, libc's
 * at last, where `to` has none yet. Takes no lock; NULL: there is none. wanted: each ended by a
 * zero, for pointers would cost every process a relocation each. One walk for all of them: it is in
 * every process's start.
 */
void loader_next_of(void **to, size_t n, const char *wanted);

/* Fills all this in. Works before this library is relocated. Returns 0 when libc is not found. */
int loader_resolve(void);

/* An object that has come since: libpthread, where thread_functions are still to be found. */
void loader_came(const struct link_map *map);

#endif
