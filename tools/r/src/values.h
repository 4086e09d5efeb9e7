/* SPDX-License-Identifier: MIT */
/*
 * R's values from C's. What a function returns is not protected.
 */
#ifndef GPUSPY_R_VALUES_H
#define GPUSPY_R_VALUES_H

#include <stdbool.h>

#include "package.h"

/* A list of `size` members whose names are set with its values. Protect it, then fill it in order:
 * list_put() wants a value that need not be protected. */
struct list {
	SEXP values, names;
	int used;
};

/* Two of R's protections, which list_end() gives back. */
struct list list_begin(int size);
void list_put(struct list *list, const char *name, SEXP value);
SEXP list_end(struct list *list);

/* A string from outside; NULL is NA, control characters and what is no UTF-8 are escaped. */
SEXP value_char(const char *raw); /* a CHARSXP, to go into a vector */
SEXP value_string(const char *raw);
/* A path as it is, for R's functions on files: in a C locale they take no other than native ones.
 */
SEXP value_path(const char *raw);
SEXP value_number(double value);
SEXP value_flag(bool value);

/* Columns of `n` rows, each by a function that gives one cell of row i of `rows`. */
SEXP column_strings(
	unsigned n, const void *rows, const char *(*cell)(const void *rows, unsigned i));
SEXP column_numbers(unsigned n, const void *rows, double (*cell)(const void *rows, unsigned i));

#endif
