#ifndef GPUSPY_OBSERVERS_MEMORY_H
#define GPUSPY_OBSERVERS_MEMORY_H

#include "contexts.h"

/* The context ended, and its memory with it. */
void memory_context_gone(const struct context *context);

#endif
