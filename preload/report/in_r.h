/* SPDX-License-Identifier: MIT */
/*
 * The next step in R's terms: who has the R package need not have the command gpuspy.
 */
#ifndef GPUSPY_REPORT_IN_R_H
#define GPUSPY_REPORT_IN_R_H

#include "verdict.h"

/* Commands in the advice become R's functions. */
void in_r(struct judgement *judgement);

#endif
