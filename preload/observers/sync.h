/* SPDX-License-Identifier: MIT */
#ifndef GPUSPY_OBSERVERS_SYNC_H
#define GPUSPY_OBSERVERS_SYNC_H

#include "../hooks/hooks.h"

/* Around a call that waits for what is in the default stream. They use the note of the frame. */
void sync_before(struct frame *frame);
void sync_after(struct frame *frame, int status);

#endif
