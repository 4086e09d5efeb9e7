/* SPDX-License-Identifier: MIT */
/*
 * This process, as it is now.
 */
#ifndef GPUSPY_R_HERE_H
#define GPUSPY_R_HERE_H

#include <stdbool.h>

#include "segment/layout.h"

/*
 * The second witness of a process that goes on: what of a GPU is loaded, mapped and open at this
 * moment. Adds to `seen`. False: nobody could look (no /proc).
 */
bool here_look(struct segment_witness *seen);

#endif
