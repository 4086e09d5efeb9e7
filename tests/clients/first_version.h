/* SPDX-License-Identifier: MIT */
/* glibc's first version of each architecture: what a program linked long ago is bound to. */
#ifndef FIRST_VERSION_H
#define FIRST_VERSION_H

#if defined(__x86_64__)
#define FIRST_VERSION "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define FIRST_VERSION "GLIBC_2.17"
#else
#error "which version of dlsym did glibc have first here?"
#endif

#endif
