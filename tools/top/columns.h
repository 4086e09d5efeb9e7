/*
 * The columns of the table: what stands in each and how it sorts.
 */
#ifndef GPUSPY_TOP_COLUMNS_H
#define GPUSPY_TOP_COLUMNS_H

#include "model.h"
#include "report/format.h"
#include "screen.h"

/* In the order of display. */
enum column {
	COLUMN_PID,
	COLUMN_USER,
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
	COLUMN_ERRORS,
	COLUMN_TIME,
	COLUMN_COMMAND,
	COLUMNS_MAX,
};

struct column_kind {
	const char *title;
	const char *name; /* for -s */
	int width, rank;  /* what has a high rank is left out first when it is narrow */
	bool right;
	void (*put)(struct text *text, const struct row *row);
	/* Of figures: what sorts, highest first. NULL: see columns_compare. */
	double (*figure)(const struct row *row);
	const char *meaning; /* for the help and -s help */
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

/* Ended rows come last, ties are by pid. */
int columns_compare(const struct row *a, const struct row *b, enum column sort, bool inverted);

/* By the name of -s, or by the title; COLUMNS_MAX: there is none. */
enum column columns_find(const char *name);

/* The verdict in short: YES, UNCONF, FAILED, NO. */
const char *columns_verdict(const struct judgement *judgement);

void columns_put_state(struct text *text, const struct row *row);

/* A session as a row: its figures, its verdict. `process` holds what the row points to. */
struct row columns_session_row(const struct session_row *session, struct process_snapshot *process);

#endif
