/*
 * The loader's own functions, behind the doors of the same names.
 */
#ifndef GPUSPY_OBJECTS_REAL_H
#define GPUSPY_OBJECTS_REAL_H

extern void *(*real_dlsym)(void *handle, const char *name);
extern void *(*real_dlvsym)(void *handle, const char *name, const char *version);
extern void *(*real_dlopen)(const char *name, int flags);

/* Where the door of dlopen leads on: another preloaded library may have a dlopen after ours. */
extern void *(*next_dlopen)(const char *name, int flags);

/* Fills them in. Works before this library is relocated. Returns 0 when libc cannot be found. */
int real_resolve(void);

#endif
