/* SPDX-License-Identifier: MIT */
/* This process's TCP connections with another process of this machine. */
#ifndef GPUSPY_SESSION_CONNECTIONS_H
#define GPUSPY_SESSION_CONNECTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Are there any, and has it answered on all of them what it was sent, as far as the kernel can tell
 * (TCP_INFO, tcp(7))? The descriptor of one, in the other process; -1: no.
 */
int connections_answered(pid_t pid);

#endif
