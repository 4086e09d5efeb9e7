/* SPDX-License-Identifier: MIT */
/*
 * The ledger: what really reached the simulated libraries, kept in one file shared by all processes
 * of a test, so that a test can compare gpuspy's figures with the truth.
 *
 * The file is named by SIM_LEDGER; without it nothing is counted. Counts are atomic additions in
 * shared memory: they survive fork, exec, threads and kill -9.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include <stddef.h>
#include <stdint.h>

enum { LEDGER_ENTRIES = 4096 };

struct ledger_entry {
	uint64_t key;    /* hash of both names, 0: free */
	uint64_t calls;  /* counted on entry; of a total: its figure */
	uint64_t errors; /* calls that returned neither success nor "not ready" */
	uint64_t reserved;
	char library[40]; /* DT_SONAME, or "total" */
	char symbol[120]; /* longer names are cut */
};

/* The entry of a function, made if need be. NULL without a ledger or when it is full. */
struct ledger_entry *ledger_find(const char *library, const char *symbol);

/* All take NULL for an entry. */
void ledger_add_call(struct ledger_entry *entry);
void ledger_add_error(struct ledger_entry *entry);

/* Totals: what the calls meant, as entries of the library "total". */
void ledger_add(const char *key, uint64_t n);
void ledger_add_live(const char *live_key, const char *peak_key, int64_t n);

/* For readers: the table in a file, NULL with errno. */
const struct ledger_entry *ledger_read(const char *path);

#endif
