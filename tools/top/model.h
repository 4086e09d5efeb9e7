/* SPDX-License-Identifier: MIT */
/*
 * What is known from the samples so far: processes with rates and states, sessions, devices.
 */
#ifndef GPUSPY_TOP_MODEL_H
#define GPUSPY_TOP_MODEL_H

#include "gpus.h"
#include "history.h"

struct session_row {
	const char *name;
	uid_t uid;
	unsigned first, count; /* its rows */
	unsigned missed;       /* segments of it that were not read */
	struct session_unseen unseen;
	const struct summed *summed;
	const struct process_snapshot *job; /* a process of it that knows its job; NULL: none */
	unsigned same_job;                  /* a number that sessions of one job share */
	bool running;
	const struct row *liveliest; /* of its processes: the active, or the least quiet one */
	struct rates rates;
	struct host_figures host;
	struct driver_figures driver;
	uint64_t live_bytes;
	struct history *history;          /* NULL: none is kept, it did not run */
	struct session_snapshot snapshot; /* for model_judge_sessions */
	struct judgement judgement;
	bool judged;
};

struct model {
	struct sample *sample, *previous;
	struct row *rows; /* by session, user, pid and start, as in the sample */
	unsigned n_rows;
	struct session_row *sessions;
	unsigned n_sessions, running_sessions, running, ended, elsewhere;
	struct gpus gpus;
	unsigned n_users; /* different ones */
	double kernels;   /* a second, all; NAN: not known */
	uint64_t live_bytes;
	double interval; /* seconds between the last two samples, NAN: there is one */

	struct timeline timeline;
	struct history all; /* of everything together */
	unsigned n_histories;
};

/* A model without a sample. */
void model_init(struct model *model);

/* Takes the sample over; the one that is no longer needed comes back, to be freed. */
struct sample *model_update(struct model *model, struct sample *sample);

/* Adds the figures of each session up, for its verdict. Only when they are to be seen. */
void model_judge_sessions(struct model *model);

/* Puts what is to be shown of a process in order. */
void model_order(struct model *model, const struct row *row);

const struct session_row *model_session_of(const struct model *model, const struct row *row);

/* Are both of one job of a scheduler? */
bool model_same_job(const struct session_row *a, const struct session_row *b);

/* All that it holds, the samples too. */
void model_free(struct model *model);

#endif
