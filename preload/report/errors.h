/* SPDX-License-Identifier: MIT */
/*
 * Names of status codes: what a failed call returned, in the words of the library's own header.
 */
#ifndef GPUSPY_REPORT_ERRORS_H
#define GPUSPY_REPORT_ERRORS_H

#include "../segment/layout.h"

/*
 * Names stand in the rows themselves, here and in other long tables: of an address ld.so would make
 * a real one in every sed and uname that starts, and each page of those costs it a fault.
 */
struct status_name {
	short status;
	char name[62];
};

/* Sorted by status. */
extern const struct status_name driver_statuses[], runtime_statuses[], cudnn_statuses[],
	cublas_statuses[], cufft_statuses[], curand_statuses[], cusolver_statuses[],
	cusparse_statuses[], nccl_statuses[], cutensor_statuses[];
extern const unsigned n_driver_statuses, n_runtime_statuses, n_cudnn_statuses, n_cublas_statuses,
	n_cufft_statuses, n_curand_statuses, n_cusolver_statuses, n_cusparse_statuses,
	n_nccl_statuses, n_cutensor_statuses;

enum { ERROR_NAME_MAX = 72 };

/* The name of a status, "code N" for one that is not known. `unknown` holds the text of the latter.
 */
const char *error_name(enum segment_layer layer, int status, char unknown[ERROR_NAME_MAX]);

/* "driver", "runtime", ...: as in JSON. */
const char *layer_name(enum segment_layer layer);

/* "host_to_device", ...: a kind of copy, as in JSON; up to COPY_KINDS. */
const char *copy_name(int kind);

/* "cuDNN", ...: as people write it. */
const char *layer_title(enum segment_layer layer);

/* The version figure of a layer's library as "9.19.0"; nothing when it is 0. */
struct text;
void layer_version(struct text *text, enum segment_layer layer, uint32_t version);

#endif
