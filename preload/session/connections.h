/* SPDX-License-Identifier: MIT */
/* This process's TCP connections with other processes of this machine. */
#ifndef GPUSPY_SESSION_CONNECTIONS_H
#define GPUSPY_SESSION_CONNECTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Is there one with that process, on which it has answered what it was sent, as far as the kernel
 * can tell (TCP_INFO, tcp(7))? The descriptor of that process's; -1: no, or more than one.
 */
int connections_answered(pid_t pid);

/* What there is may have changed: it is looked at again. */
void connections_forget(void);

#endif
