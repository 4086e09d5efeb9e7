/* SPDX-License-Identifier: MIT */
/*
 * What every stand-in library does on entry and on return of an exported function: it writes the
 * call into the ledger, under its own SONAME.
 *
 * The ledger holds what gpuspy has to find: the calls that came from outside. A stand-in that
 * calls another (libcudnn its parts, libcublas libcublasLt) says so with standin_inner() right
 * before, and the callee leaves that one call out. The mark is per thread and used up by the next
 * entry, so calls that a program makes from a callback are counted.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <stddef.h>

struct ledger_entry;

#ifdef STANDIN_UNRECORDED /* the static runtime: part of its user, there is no library to name */
#define standin_enter(library, symbol) ((struct ledger_entry *)NULL)
#define standin_leave(entry, status)   ((void)(entry), (status))
#else
/* The entry to give to standin_leave(); NULL when the call is not to be counted. */
struct ledger_entry *standin_enter(const char *library, const char *symbol);
/* Counts an error unless `status` is 0 or "not ready", and returns it. */
int standin_leave(struct ledger_entry *entry, int status);
#endif
void standin_inner(void);

/* An exported function which returns a status: what `expression` gives. */
#define STANDIN(symbol, params, expression)                                          \
	int symbol params                                                            \
	{                                                                            \
		struct ledger_entry *entry = standin_enter(STANDIN_SONAME, #symbol); \
		return standin_leave(entry, (expression));                           \
	}

/* One which returns something else: no status, so no error. */
#define STANDIN_VALUE(type, symbol, params, expression)       \
	type symbol params                                    \
	{                                                     \
		(void)standin_enter(STANDIN_SONAME, #symbol); \
		return (expression);                          \
	}

#endif
