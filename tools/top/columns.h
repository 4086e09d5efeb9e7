/* SPDX-License-Identifier: MIT */
/*
 * The columns of the table: what stands in each and how it sorts. A new one is an entry of the enum
 * and a row of the table in columns.c.
 */
#ifndef GPUSPY_TOP_COLUMNS_H
#define GPUSPY_TOP_COLUMNS_H

#include "model.h"
#include "screen.h"
#include "units.h"

/* In the order of display. */
enum column {
	COLUMN_PID,
	COLUMN_USER,
	COLUMN_JOB,
	COLUMN_STATE,
	COLUMN_GPU,
	COLUMN_DEV,
	COLUMN_RATE,
	COLUMN_KERNELS,
	COLUMN_MEM,
	COLUMN_PEAK,
	COLUMN_CONFIRMED,
	COLUMN_GRAPHS,
	COLUMN_TO_DEVICE,
	COLUMN_BACK,
	COLUMN_CUDNN,
	COLUMN_BLAS,
	COLUMN_DRIVER_BUSY,
	COLUMN_DRIVER_MEMORY,
	COLUMN_HOST_CPU,
	COLUMN_HOST_MEMORY,
	COLUMN_ERRORS,
	COLUMN_TIME,
	COLUMN_COMMAND,
	COLUMNS_MAX,
};

enum align { ALIGN_LEFT, ALIGN_RIGHT };

struct column_kind {
	const char *title;
	const char *name;    /* for -s */
	const char *meaning; /* for the help and -s help */
	int width;
	int rank; /* what has a high rank is left out first when it is narrow */
	enum align align;

	/* What a figure is, in its unit; it sorts by that, highest first. */
	enum unit unit;
	double (*figure)(const struct row *row);
	/* What is no figure: puts it into so many columns, and sorts it. */
	void (*put)(struct text *text, const struct row *row, int width);
	int (*compare)(const struct row *a, const struct row *b);

	bool (*useful)(const struct model *model); /* NULL: always */
	int (*wider)(const struct model *model);   /* columns more than `width`; NULL: none */
};

extern const struct column_kind column_kinds[COLUMNS_MAX];

struct column_place {
	enum column column;
	int x, width;
};

struct columns {
	struct column_place places[COLUMNS_MAX];
	int count;
};

/* Which columns fit in how many there are, and where. */
void columns_place(struct columns *columns, const struct model *model, int width);

/* Into a column of that width; COLUMN_COMMAND has no text of its own. */
void columns_put(struct text *text, enum column column, const struct row *row, int width);

enum order { ORDER_USUAL, ORDER_INVERTED };

/* Ended rows come last, ties are by pid. */
int columns_compare(
	const struct row *a, const struct row *b, enum column sort, enum order direction);

/* By the name of -s, or by the title; COLUMNS_MAX: there is none. */
enum column columns_find(const char *name);

/* A session as a row: its figures, its verdict. `process` holds what the row points to. */
struct row columns_session_row(const struct session_row *session, struct process_snapshot *process);

/* A job as a row: all its sessions, of which this is one. */
struct row columns_job_row(const struct model *model, const struct session_row *session,
	struct process_snapshot *process);

#endif
