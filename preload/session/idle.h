/* SPDX-License-Identifier: MIT */
/* Whether another process does nothing until it is sent something. */
#ifndef GPUSPY_SESSION_IDLE_H
#define GPUSPY_SESSION_IDLE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Its first thread waits for data, over this descriptor of its own (-1: any), and its others for
 * that or for one another. By the system calls that they are in, /proc/PID/task/TID/syscall in
 * proc(5); who may not see these (Yama's ptrace_scope) goes by where in the kernel they sleep.
 */
bool idle_waits(pid_t pid, int descriptor);

#endif
