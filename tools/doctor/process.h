/* SPDX-License-Identifier: MIT */
/*
 * What the kernel, the driver and gpuspy itself know of a running process.
 */
#ifndef GPUSPY_DOCTOR_PROCESS_H
#define GPUSPY_DOCTOR_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { MAPPED_MAX = 24 };

struct process_view {
	pid_t pid;
	char command[256]; /* arguments joined by spaces; without any: "[name]" */
	char state;        /* as in proc(5): 'Z' has ended; 0: nobody knows */
	bool of_kernel;    /* a thread of the kernel */
	long threads;
	bool readable;         /* its maps, files and environment could be read */
	char root[64];         /* /proc/PID/root: its files, also from another container */
	char driver[PATH_MAX]; /* libcuda, "": not mapped */
	bool simulated;
	char framework[PATH_MAX];          /* the first that is mapped, "": none */
	bool framework_gone;               /* its file was removed or replaced since */
	char mapped[MAPPED_MAX][PATH_MAX]; /* other libraries of NVIDIA's, each once */
	unsigned n_mapped;
	unsigned device_files;  /* open or mapped: /dev/nvidia*, /dev/dxg */
	bool watched;           /* libgpuspy.so is in it */
	char segment[PATH_MAX]; /* its file, "": none */
	char *environment;      /* as it was started, strings ended by 0; to be freed */
	size_t environment_size;
};

/* 0; -1: there is no such process. */
int process_look(struct process_view *view, pid_t pid);
void process_forget(struct process_view *view);

/* A variable as the process was started with it; NULL: it was not set, or nobody knows. */
const char *process_variable(const struct process_view *view, const char *name);

#endif
