/* SPDX-License-Identifier: MIT */
#ifndef GPUSPY_MAIN_LEAVES_H
#define GPUSPY_MAIN_LEAVES_H

/* Before there are threads. It takes no lock, and makes no system call. */
void leaves_prepare(void);

#endif
