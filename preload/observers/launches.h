#ifndef GPUSPY_OBSERVERS_LAUNCHES_H
#define GPUSPY_OBSERVERS_LAUNCHES_H

/* This thread has another current context. */
void launches_context_changed(void);

#endif
