/* SPDX-License-Identifier: MIT */
/*
 * A known set of driver calls, whatever the way by which the client got at the functions.
 *
 * workload.c is compiled into each client that uses it. With -DWORKLOAD_LINKED it calls the
 * functions by name, through whatever the linker makes of that; otherwise through pointers.
 */
#ifndef CLIENTS_WORKLOAD_H
#define CLIENTS_WORKLOAD_H

#include "../sim/standins/include/sim_driver.h"

/* Does everything `rounds` times, checks the results and prints them. Exits with 1 on a failure. */
#ifdef WORKLOAD_LINKED
void workload_run(int rounds);
#else
void workload_run(const struct sim_driver *driver, int rounds);
#endif

#endif
