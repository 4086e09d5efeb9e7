/* SPDX-License-Identifier: MIT */
/*
 * Addresses that were taken before gpuspy was there: by dlsym or cuGetProcAddress, and kept in the
 * data of a library. cuBLASLt has a table of such, filled before main; TensorFlow and JAX have one
 * for each function that they looked up.
 */
#ifndef GPUSPY_DOORS_TAKEN_H
#define GPUSPY_DOORS_TAKEN_H

/*
 * Loaded late, once, under ld.so's load lock: a word in an object's writable data that is the
 * address of a function of NVIDIA's becomes its hook's, if what the object calls by it is counted.
 */
void taken_scan(void);

#endif
