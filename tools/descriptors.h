/* SPDX-License-Identifier: MIT */
/*
 * Which descriptors this process has (proc(5), /proc/self/fd). Without /proc none are found.
 */
#ifndef GPUSPY_TOOLS_DESCRIPTORS_H
#define GPUSPY_TOOLS_DESCRIPTORS_H

/* May be closed. */
typedef void descriptor_found(int fd, void *data);

void descriptors_each(descriptor_found *found, void *data);

#endif
