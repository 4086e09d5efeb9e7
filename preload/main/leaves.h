/* SPDX-License-Identifier: MIT */
#ifndef GPUSPY_MAIN_LEAVES_H
#define GPUSPY_MAIN_LEAVES_H

/* At the start: a library that came late stands for them, too. */
void leaves_begin(void);

#endif
