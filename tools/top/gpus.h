/*
 * The devices that the watched processes use, and those that the driver names.
 */
#ifndef GPUSPY_TOP_GPUS_H
#define GPUSPY_TOP_GPUS_H

#include "model.h"

/* Fills the model's devices from its rows and the driver's figures. */
void gpus_find(struct model *model);

#endif
