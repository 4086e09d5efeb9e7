/* SPDX-License-Identifier: MIT */
/*
 * What a deep learning package does with cuDNN, for the R package and the Python extension. The
 * calls are right for the real libraries too: memory comes from the runtime.
 */
#ifndef CLIENTS_DEEP_H
#define CLIENTS_DEEP_H

/* `rounds` forward passes; the version of cuDNN. 0, or the first status that was none. */
int deep_run(int rounds, double *version);

#endif
