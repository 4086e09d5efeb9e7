/* SPDX-License-Identifier: MIT */
/*
 * Numbers in text. libc's strtoul() and sscanf() have other names since glibc 2.38, so a library
 * that calls them and is built there does not load on an older one.
 */
#ifndef GPUSPY_GROUND_NUMBER_H
#define GPUSPY_GROUND_NUMBER_H

#include <stdint.h>

/*
 * The digits at the beginning of the text, to base 10 or 16: no sign, no blanks. `*end` is what
 * follows, the text itself where it begins with none. UINT64_MAX: that, or more.
 */
uint64_t number_read(const char *text, unsigned base, const char **end);

/*
 * At least so many digits, to base 10 or 16, and a null byte, at which it points then. 21 bytes are
 * enough for any number. snprintf(3) costs a small program five faults for what it touches of libc.
 */
char *number_write(char *to, uint64_t number, unsigned base, unsigned digits);

#endif
