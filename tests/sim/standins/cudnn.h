/* SPDX-License-Identifier: MIT */
/* What the parts of the stand-in cuDNN share. Each part has a copy of kernel.c and of the runtime.
 */
#ifndef STANDIN_CUDNN_H
#define STANDIN_CUDNN_H

#include "include/sim_cudnn.h"
#include "standin.h"

#ifndef SIM_CUDNN_MAJOR
#define SIM_CUDNN_MAJOR 9
#endif

enum cudnn_status { /* cudnnStatus_t, which 9.0 numbered anew */
	DNN_OK = 0,
	DNN_NOT_INITIALIZED = SIM_CUDNN_MAJOR >= 9 ? 1001 : 1,
	DNN_PART_MISSING = SIM_CUDNN_MAJOR >= 9 ? 1008 : 14,
	DNN_BAD_PARAM = SIM_CUDNN_MAJOR >= 9 ? 2000 : 3,
	DNN_NO_MEMORY = SIM_CUDNN_MAJOR >= 9 ? 4003 : 2,
	DNN_EXECUTION_FAILED = SIM_CUDNN_MAJOR >= 9 ? 5000 : 8,
};

struct dnn_handle {
	void *stream;
};

enum dnn_kind { DNN_TENSOR = 1, DNN_FILTER, DNN_ACTIVATION, DNN_CONVOLUTION, DNN_BACKEND };

struct dnn_descriptor {
	enum dnn_kind kind;
	int type;
	int size[4]; /* n, c, h, w */
	int finalized;
};

#endif
