/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of NVIDIA's driver: is it there, and may this process use its device files?
 */
#ifndef GPUSPY_SESSION_ACCESS_H
#define GPUSPY_SESSION_ACCESS_H

#include <stdint.h>

/* Bits of enum segment_access, of the file system below `root` ("": the real one). */
uint32_t access_look(const char *root);

#endif
