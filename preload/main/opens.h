/* SPDX-License-Identifier: MIT */
/*
 * libc's functions that open files, as programs call them: the doors of arch/CPU/doors.S lead here.
 * So do this library's own calls, which are told by where they come from, and not noted. And those
 * by which a program puts a filter of system calls in place.
 */
#ifndef GPUSPY_MAIN_OPENS_H
#define GPUSPY_MAIN_OPENS_H

#include <stdio.h>

#include "arch.h"

/* At the start: a library that came late stands for them, too. */
void opens_begin(void);

int opens_open(const char *path, int flags, ...);
int opens_open64(const char *path, int flags, ...);
int opens_openat(int folder, const char *path, int flags, ...);
int opens_openat64(int folder, const char *path, int flags, ...);
int opens___open_2(const char *path, int flags);
int opens___open64_2(const char *path, int flags);
int opens___openat_2(int folder, const char *path, int flags);
int opens___openat64_2(int folder, const char *path, int flags);
FILE *opens_fopen(const char *path, const char *mode);
FILE *opens_fopen64(const char *path, const char *mode);
long opens_syscall(ARCH_SYSCALL_PARAMETERS);
int opens_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

#endif
