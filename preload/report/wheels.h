/* SPDX-License-Identifier: MIT */
/*
 * The wheels of PyPI that bring NVIDIA's libraries.
 */
#ifndef GPUSPY_REPORT_WHEELS_H
#define GPUSPY_REPORT_WHEELS_H

#include "../segment/snapshot.h"
#include "text.h"

/*
 * ' nvidia-cublas-cu12 "nvidia-cudnn-cu12==8.*"': those of the libraries, each once, for the CUDA
 * that their names, or the others that the program asked for, tell. False: PyPI has none of them.
 */
bool put_wheels(struct text *text, const struct figures *figures,
	const struct library_figures *const *libraries, unsigned n);

/* Was it asked for from within a Python? */
bool asked_by_python(const struct library_figures *library);

#endif
