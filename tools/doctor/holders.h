/* SPDX-License-Identifier: MIT */
/*
 * Which processes hold the devices' memory, as NVML tells: loaded by a child of the tool, never by
 * a program that is watched.
 */
#ifndef GPUSPY_DOCTOR_HOLDERS_H
#define GPUSPY_DOCTOR_HOLDERS_H

#include "probe.h"
#include "report/format.h"
#include "report/verdict.h"

/* "process 4242 (python train.py) holds 31 GiB, ..."; those of a session are left out, with NULL
 * none. False: there is none. */
bool holders_put(struct text *text, const struct device_holders *holders,
	const struct session_snapshot *without);

/* To the evidence of a session that found the memory full, and runs or has just ended. */
void holders_tell(struct judgement *judgement, const struct session_snapshot *session);

#endif
