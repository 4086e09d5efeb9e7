/* SPDX-License-Identifier: MIT */
/*
 * Whether another process does nothing until it is sent something: by the system calls that its
 * threads are in, /proc/PID/task/TID/syscall in proc(5). Of who may not be looked at so (Yama's
 * ptrace_scope) it is not known.
 */
#ifndef GPUSPY_SESSION_IDLE_H
#define GPUSPY_SESSION_IDLE_H

#include <stdbool.h>
#include <sys/types.h>

/* What its first thread waits for. Its others may wait for one another, without a limit of time. */
enum idle {
	IDLE_CONNECTION,    /* select(2) or recv(2): one descriptor of its own, as R does */
	IDLE_EVENTS,        /* epoll_wait(2), without a limit of time */
	IDLE_WITHOUT_LIMIT, /* that, or another thread; and so may the others */
};

/* The descriptor is for IDLE_CONNECTION. */
bool idle_waits(pid_t pid, enum idle how, int descriptor);

#endif
