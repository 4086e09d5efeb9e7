/* SPDX-License-Identifier: MIT */
/*
 * The beginning: before the first constructor of any object that runs __gmon_start__, or with our
 * own constructor.
 */
#ifndef GPUSPY_MAIN_START_H
#define GPUSPY_MAIN_START_H

#include <stdint.h>

/* From arch/.../doors.S: the object in which `address` is is about to run its constructors. */
void start_gmon_start(uintptr_t address);

#endif
