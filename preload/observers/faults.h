/*
 * Faults: errors that say that the device, not the call, went wrong. They are sticky: the context
 * answers every later call with the same (cuda.h: "the context is no longer usable" and the like).
 */
#ifndef GPUSPY_OBSERVERS_FAULTS_H
#define GPUSPY_OBSERVERS_FAULTS_H

#include <stdbool.h>

#include "../hooks/hooks.h"

bool fault_is_sticky(int status);
void fault_seen(const struct hook *hook, int status);

#endif
