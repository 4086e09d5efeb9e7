/* SPDX-License-Identifier: MIT */
/*
 * Faults: errors that say that the device, not the call, went wrong. They are sticky: the context
 * answers every later call with the same (cuda.h: "the context is no longer usable" and the like).
 */
#ifndef GPUSPY_OBSERVERS_FAULTS_H
#define GPUSPY_OBSERVERS_FAULTS_H

#include "../hooks/hooks.h"

/* A call of the driver returned an error: notes it if it is a fault. */
void driver_failed(struct hook *hook, int status);

#endif
