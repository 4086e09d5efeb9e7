/* SPDX-License-Identifier: MIT */
/*
 * Other ways to a GPU than CUDA's, by the libraries that they need.
 */
#ifndef GPUSPY_CUDA_INTERFACES_H
#define GPUSPY_CUDA_INTERFACES_H

#include <stdbool.h>
#include <stdint.h>

#include "../segment/layout.h"

/* Bits of enum segment_interface of a loaded library, by its file name; 0: none. */
uint32_t interface_of_library(const char *path);

/* By these a GPU computes, or may. */
bool interfaces_compute(uint32_t interfaces);

/* A bit of enum segment_seen_file of an open or mapped file; 0: it is no GPU's. */
uint32_t device_file(const char *path);

/* Do such files begin like that in /dev? */
bool device_name(const char *name);

#endif
