/* SPDX-License-Identifier: MIT */
/*
 * What the tables say, for check_tables.py: answers to lines on standard input.
 *   returns LAYER FUNCTION    1: a status, 0: something else
 *   form NAME VERSION         which form of an entry point it is
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../preload/cuda/layers.h"
#include "../../preload/cuda/versions.h"

static const char *const layers[LAYERS] = { [LAYER_DRIVER] = "driver",
	[LAYER_RUNTIME] = "runtime",
	[LAYER_CUDNN] = "cudnn",
	[LAYER_CUBLAS] = "cublas",
	[LAYER_CUFFT] = "cufft",
	[LAYER_CURAND] = "curand",
	[LAYER_CUSOLVER] = "cusolver",
	[LAYER_CUSPARSE] = "cusparse",
	[LAYER_NCCL] = "nccl",
	[LAYER_CUTENSOR] = "cutensor",
	[LAYER_TENSORRT] = "tensorrt" };

static enum segment_layer layer_named(const char *name)
{
	for (int i = 0; i < LAYERS; i++)
		if (layers[i] && strcmp(layers[i], name) == 0)
			return (enum segment_layer)i;
	fprintf(stderr, "tables: which layer is %s?\n", name);
	exit(2);
}

int main(void)
{
	char line[512], what[16], first[256], second[256];

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %255s %255s", what, first, second) != 3)
			return 2;
		if (strcmp(what, "returns") == 0)
			printf("%d\n", layer_returns_status(layer_named(first), second));
		else
			printf("%d\n", versions_form(first, atoi(second)));
	}
	return 0;
}
