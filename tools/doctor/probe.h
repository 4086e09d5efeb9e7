/* SPDX-License-Identifier: MIT */
/*
 * Questions that only NVIDIA's libraries can answer, asked in short-lived children: what hangs or
 * crashes there costs a line in the report and no more.
 */
#ifndef GPUSPY_DOCTOR_PROBE_H
#define GPUSPY_DOCTOR_PROBE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	PROBE_DEVICES = 16,
	PROBE_NAME = 96,
	PROBE_HOLDERS = 3,  /* of a device's memory */
	DRIVER_WAIT = 5000, /* milliseconds: cuInit wakes GPUs, a second or more each */
};

struct holder {
	int32_t pid; /* as the machine knows it */
	uint64_t bytes;
};

struct device_holders {
	uint64_t total, used; /* bytes of the device; 0: unknown */
	struct holder at[PROBE_HOLDERS];
	unsigned n;
};

/* What a child tells. */
struct answer {
	bool loaded;
	char error[256];     /* the loader's, of !loaded */
	char path[PATH_MAX]; /* of the library; before it is asked: the one that is meant, or "" */
	int32_t status;      /* of the library's init */
	int32_t version;     /* cuDriverGetVersion */
	char driver[80];     /* NVML's name of the driver's version */
	int32_t count;       /* devices, -1: unknown */
	bool simulated;
	char names[PROBE_DEVICES][PROBE_NAME];
	int32_t mig[PROBE_DEVICES];                   /* NVML's MIG mode: 1 is on */
	struct device_holders holders[PROBE_DEVICES]; /* of NVML */
	/* Of one process. */
	int32_t pid;        /* which is meant */
	bool found;         /* NVML lists it */
	uint64_t memory;    /* bytes that it has on all devices */
	bool sm_known;      /* NVML tells how busy processes are */
	int32_t sm;         /* how busy it was lately, in percent */
	bool accounted;     /* accounting mode is on, and has it */
	int32_t account_sm; /* percent of its life */
	uint64_t account_memory;
};

struct probe {
	pid_t pid; /* 0: could not be started */
	int pipe;
	struct answer answer;
};

enum probe_end { PROBE_ANSWERED, PROBE_LATE, PROBE_CRASHED };

/* Starts a child that runs `ask`, which finds in the answer what is `meant`; NULL: nothing. */
void probe_start(
	struct probe *probe, void (*ask)(struct answer *answer), const struct answer *meant);

/* Waits for the answer until `deadline` (milliseconds of CLOCK_MONOTONIC), then ends the child. */
enum probe_end probe_finish(struct probe *probe, int64_t deadline);

/* libcuda.so.1 and cuInit; libnvidia-ml.so.1. */
void ask_driver(struct answer *answer);
void ask_nvml(struct answer *answer);
/* The memory of a device of NVML's, and who has it. */
void ask_nvml_memory(struct device_holders *to, void *library, void *device);
/* NVML about the process answer->pid. */
void ask_nvml_process(struct answer *answer);

/* For those: opens the library, and notes where it is, by a function of it. NULL: it is not. */
void *probe_library(struct answer *answer, const char *name, const char *function);

#endif
