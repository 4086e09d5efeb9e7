/* SPDX-License-Identifier: MIT */
#include "values.h"

#include <string.h>

#include "report/format.h"

enum { STRING_COLUMNS = 2000 };

struct list list_begin(int size)
{
	struct list list = { .values = PROTECT(Rf_allocVector(VECSXP, size)), .used = 0 };

	list.names = PROTECT(Rf_allocVector(STRSXP, size));
	return list;
}

void list_put(struct list *list, const char *name, SEXP value)
{
	PROTECT(value);
	SET_VECTOR_ELT(list->values, list->used, value);
	SET_STRING_ELT(list->names, list->used, Rf_mkChar(name));
	UNPROTECT(1);
	list->used++;
}

SEXP list_end(struct list *list)
{
	Rf_setAttrib(list->values, R_NamesSymbol, list->names);
	UNPROTECT(2);
	return list->values;
}

SEXP value_char(const char *raw)
{
	static char buffer[4 * STRING_COLUMNS + 16];
	struct text text = text_in(buffer, sizeof(buffer));

	if (!raw)
		return NA_STRING;
	text_put_escaped(&text, raw, STRING_COLUMNS);
	return Rf_mkCharCE(buffer, CE_UTF8);
}

SEXP value_path(const char *raw)
{
	return Rf_ScalarString(raw ? Rf_mkChar(raw) : NA_STRING);
}

SEXP value_string(const char *raw)
{
	return Rf_ScalarString(value_char(raw));
}

SEXP value_number(double value)
{
	return Rf_ScalarReal(value);
}

SEXP value_flag(bool value)
{
	return Rf_ScalarLogical(value);
}

SEXP column_strings(unsigned n, const void *rows, const char *(*cell)(const void *rows, unsigned i))
{
	SEXP column = PROTECT(Rf_allocVector(STRSXP, n));

	for (unsigned i = 0; i < n; i++)
		SET_STRING_ELT(column, i, value_char(cell(rows, i)));
	UNPROTECT(1);
	return column;
}

SEXP column_numbers(unsigned n, const void *rows, double (*cell)(const void *rows, unsigned i))
{
	SEXP column = PROTECT(Rf_allocVector(REALSXP, n));

	for (unsigned i = 0; i < n; i++)
		REAL(column)[i] = cell(rows, i);
	UNPROTECT(1);
	return column;
}
