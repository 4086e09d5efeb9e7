/* SPDX-License-Identifier: MIT */
/*
 * The lists of a session as lists of columns, of which R makes data frames.
 */
#ifndef GPUSPY_R_TABLES_H
#define GPUSPY_R_TABLES_H

#include "package.h"
#include "segment/snapshot.h"

SEXP table_totals(const struct totals *totals); /* a vector with names */
SEXP table_devices(const struct figures *figures);
SEXP table_kernels(const struct figures *figures);
SEXP table_functions(const struct figures *figures);
SEXP table_libraries(const struct figures *figures);
SEXP table_processes(const struct session_snapshot *session);
SEXP table_gaps(const struct session_snapshot *session);

#endif
