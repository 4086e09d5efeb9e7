/*
 * What is known from the samples so far: processes with rates and states, sessions, devices.
 */
#ifndef GPUSPY_TOP_MODEL_H
#define GPUSPY_TOP_MODEL_H

#include "report/verdict.h"
#include "sample.h"

enum row_state {
	ROW_RUNNING, /* seen once only: whether kernels run is not known yet */
	ROW_ACTIVE,  /* kernels rose in the last interval */
	ROW_QUIET,   /* alive, no kernel */
	ROW_STOPPED,
	ROW_ZOMBIE,
	ROW_EXITED,
	ROW_KILLED,
	ROW_ENDED, /* gone, it is not known how */
};

/* A second; NAN: not known. */
struct rates {
	double kernels, host_to_device, device_to_host, cudnn, blas;
};

struct row {
	const struct process_snapshot *process;  /* in the last sample */
	const struct process_snapshot *previous; /* in the one before; NULL: it was not there */
	const char *session;
	uid_t uid;
	char user[24];
	enum row_state state;
	double quiet;       /* seconds without a kernel, of ROW_QUIET */
	bool quiet_or_more; /* it began before this viewer looked */
	double seconds;     /* how long it ran; negative: not known */
	struct rates rates;
	struct judgement judgement;

	/* CLOCK_MONOTONIC of events that were seen, 0: not seen. */
	uint64_t first_seen, appeared, ended, last_rise;
	bool tagged;
};

struct session_row {
	const char *name;
	uid_t uid;
	unsigned first, count; /* its rows */
	bool running;
	const struct row *liveliest; /* of its processes: the active, or the least quiet one */
	struct rates rates;
	struct session_snapshot snapshot; /* for model_judge_sessions */
	struct judgement judgement;
	bool judged;
};

struct gpu_row {
	int ordinal;
	const char *name;    /* NULL: unknown */
	const uint8_t *uuid; /* NULL: unknown */
	uint64_t total_bytes, live_bytes;
	double kernels;  /* a second */
	int utilisation; /* the driver's figure, -1: none */
	bool watched;    /* else only the driver knows of it */
};

enum { HISTORY_MAX = 512, GPUS_MAX = 64 };

struct model {
	struct sample *sample, *previous;
	struct row *rows; /* by session, user, pid and start, as in the sample */
	unsigned n_rows;
	struct session_row *sessions;
	unsigned n_sessions, running_sessions, running, ended;
	struct gpu_row gpus[GPUS_MAX];
	unsigned n_gpus;
	unsigned n_users; /* different ones */
	double kernels;   /* a second, all; NAN: not known */
	uint64_t live_bytes;
	double interval; /* seconds between the last two samples, NAN: there is one */
	uint64_t began;  /* when the first sample was taken */

	double history[HISTORY_MAX]; /* kernels a second; the newest is before history_end */
	uint64_t history_times[HISTORY_MAX];
	unsigned history_count, history_end;
};

/* Takes the sample over; the one that is no longer needed comes back, to be freed. */
struct sample *model_update(struct model *model, struct sample *sample);

/* Adds the figures of each session up, for its verdict. Only when they are to be seen. */
void model_judge_sessions(struct model *model);

void model_free(struct model *model); /* not the samples */

bool row_running(const struct row *row);

/* A difference over time: NAN where something is not known or went back. */
double model_rate(uint64_t now, uint64_t before, double interval);

#endif
