/* SPDX-License-Identifier: MIT */
#ifndef GPUSPY_MAIN_STARTS_H
#define GPUSPY_MAIN_STARTS_H

/* At the start: programs that this process starts are looked at from now on. */
void starts_begin(void);

#endif
