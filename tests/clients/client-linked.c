/* SPDX-License-Identifier: MIT */
/*
 * client-linked [ROUNDS]: linked to libcuda.so.1. Built in several ways, which differ in how a call
 * is bound: lazily, at start, through the GOT alone, through a pointer in data, from a non-PIE.
 */
#include <stdlib.h>

#include "workload.h"

#ifdef WORKLOAD_LINKED
static void run(int rounds)
{
	workload_run(rounds);
}
#else
/* Addresses taken by the linker: each is a relocation in the data of the program. */
static const struct sim_driver table = {
#define TABLE_ENTRY(symbol, name, version, flags, params) .symbol = symbol,
	SIM_DRIVER_FUNCTIONS(TABLE_ENTRY)
};

static void run(int rounds)
{
	workload_run(&table, rounds);
}
#endif

int main(int argc, char **argv)
{
	run(argc > 1 ? atoi(argv[1]) : 1);
	return 0;
}
