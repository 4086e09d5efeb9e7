/* SPDX-License-Identifier: MIT */
/*
 * Libraries that were asked for, or needed, and did not come: which of them is the cause, what kept
 * it away, and what makes it come.
 */
#ifndef GPUSPY_REPORT_MISSING_H
#define GPUSPY_REPORT_MISSING_H

#include "../segment/snapshot.h"
#include "format.h"

/* Are those that are tried by the way (MISSING_PERHAPS) among them? */
enum missing_proof { MISSING_PERHAPS, MISSING_SURELY };

/*
 * The library above the driver that explains most: what others need before those, those without
 * which nothing works before those that are tried by the way, "libcudnn.so.9" before the bare
 * "libcudnn.so". NULL: none.
 */
const struct library_figures *missing_library(
	const struct figures *figures, enum missing_proof proof);

/* What the loader said of it, and who asked. */
void put_loader_error(struct text *text, const struct session_snapshot *session,
	const struct library_figures *library);

#endif
