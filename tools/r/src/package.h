/* SPDX-License-Identifier: MIT */
/*
 * What R asks for by .Call. Each function takes and returns R's objects; strings are UTF-8, counts
 * are doubles (exact up to 2^53), and what is not known is NA.
 */
#ifndef GPUSPY_R_PACKAGE_H
#define GPUSPY_R_PACKAGE_H

#include <stdint.h>

#define R_NO_REMAP
#include <R.h>
#include <Rinternals.h>

/* here.c: this process. */
SEXP package_here(void);

/* report.c: a session's figures with the verdict; the kernels alone, of all and of one process. */
SEXP package_report(SEXP base, SEXP name, SEXP pid, SEXP look);
SEXP package_kernels(SEXP base, SEXP name, SEXP pid);

/* find.c: the name of the session in which this process counts, or NA. */
SEXP package_find(SEXP base);
SEXP package_base(SEXP variable);

/* find.c: that session is told of one that is not its own, or, `told` FALSE, is told that this was
 * nothing. TRUE: it is. */
SEXP package_tell(SEXP base, SEXP name, SEXP told);

#endif
