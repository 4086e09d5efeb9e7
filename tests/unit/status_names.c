/* SPDX-License-Identifier: MIT */
/* Prints the tables of status names, for check_status_names.py: layer, value, name. */
#include <stdio.h>

#include "report/errors.h"

int main(void)
{
	const struct {
		const struct status_name *names;
		unsigned count;
	} tables[LAYERS] = {
		[LAYER_DRIVER] = { driver_statuses, n_driver_statuses },
		[LAYER_RUNTIME] = { runtime_statuses, n_runtime_statuses },
		[LAYER_CUDNN] = { cudnn_statuses, n_cudnn_statuses },
		[LAYER_CUBLAS] = { cublas_statuses, n_cublas_statuses },
		[LAYER_CUFFT] = { cufft_statuses, n_cufft_statuses },
		[LAYER_CURAND] = { curand_statuses, n_curand_statuses },
		[LAYER_CUSOLVER] = { cusolver_statuses, n_cusolver_statuses },
		[LAYER_CUSPARSE] = { cusparse_statuses, n_cusparse_statuses },
		[LAYER_NCCL] = { nccl_statuses, n_nccl_statuses },
		[LAYER_CUTENSOR] = { cutensor_statuses, n_cutensor_statuses },
	};

	for (int layer = 0; layer < LAYERS; layer++)
		for (unsigned i = 0; i < tables[layer].count; i++)
			printf("%s %d %s\n", layer_name((enum segment_layer)layer),
				tables[layer].names[i].status, tables[layer].names[i].name);
	return 0;
}
