/* SPDX-License-Identifier: MIT */
/*
 * A process as the table shows it: its figures, how fast they grow, in what state it is.
 */
#ifndef GPUSPY_TOP_ROW_H
#define GPUSPY_TOP_ROW_H

#include "report/verdict.h"
#include "sample.h"

enum row_state {
	ROW_RUNNING, /* seen once only: whether kernels run is not known yet */
	ROW_ACTIVE,  /* kernels rose in the last interval */
	ROW_QUIET,   /* alive, no kernel */
	ROW_STOPPED,
	ROW_ELSEWHERE, /* of another pid namespace or host: nobody here knows whether it lives */
	ROW_ZOMBIE,
	ROW_EXITED,
	ROW_KILLED,
	ROW_ENDED, /* gone, it is not known how */
};

/* A second; NAN: not known. */
struct rates {
	double kernels, host_to_device, device_to_host, copies, cudnn, blas;
};

extern const struct rates rates_unknown;

/* NAN, where something is not known. */
struct host_figures {
	double cpu;   /* per cent of one core, since the last sample */
	double bytes; /* resident */
};

/* What the driver says of a process, over all devices; NAN: it says nothing. */
struct driver_figures {
	double busy;  /* per cent */
	double bytes; /* device memory */
};

struct row {
	const struct process_snapshot *process;  /* in the last sample */
	const struct process_snapshot *previous; /* in the one before; NULL: it was not there */
	const char *session;
	uid_t uid;
	char user[24];
	enum row_state state;
	double quiet;       /* seconds without a kernel (QUIET), without a change (ELSEWHERE) */
	bool quiet_or_more; /* it began before this viewer looked */
	double seconds;     /* how long it ran; negative: not known */
	struct rates rates;
	struct host_figures host;
	struct driver_figures driver;
	struct judgement judgement;

	struct host_use use;
	/* CLOCK_MONOTONIC of events that were seen, 0: not seen. */
	uint64_t first_seen, appeared, ended, last_rise, last_change;
	bool tagged;
};

/* When the last sample was taken, and how long after the one before. */
struct moment {
	uint64_t monotonic_ns, realtime_ns;
	double interval; /* NAN: there is no sample before */
};

/* `old`: the same process in the sample before, NULL: it is new. */
void row_fill(struct row *row, const struct row *old, const struct sampled_process *sampled,
	const struct moment *moment);
/* What the driver said of it. */
void row_set_driver(struct row *row, const struct driver *driver);

bool row_running(const struct row *row);

void rates_add(struct rates *sum, const struct rates *part);

/* A sum that stays NAN as long as no part of it is known. */
void add_known(double *sum, double part);

/* A difference over time: NAN where something is not known or went back. */
double rate_between(uint64_t now, uint64_t before, double interval);

#endif
