/* SPDX-License-Identifier: MIT */
#include "columns.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "cells.h"
#include "procstat.h"

static const struct totals *totals(const struct row *row)
{
	return &row->process->figures.totals;
}

static double rate(const struct row *row)
{
	return row->rates.kernels;
}

static double kernels(const struct row *row)
{
	return (double)totals(row)->kernels;
}

static double memory(const struct row *row)
{
	return row_running(row) ? (double)totals(row)->memory.live_bytes : NAN;
}

static double peak(const struct row *row)
{
	return (double)totals(row)->memory.peak_bytes;
}

static double confirmed(const struct row *row)
{
	return totals(row)->kernels
		       ? 100 * (double)totals(row)->confirmed / (double)totals(row)->kernels
		       : NAN;
}

static double graphs(const struct row *row)
{
	return (double)totals(row)->graph_kernels;
}

static double to_device(const struct row *row)
{
	return row->rates.host_to_device;
}

static double back(const struct row *row)
{
	return row->rates.device_to_host;
}

static double cudnn(const struct row *row)
{
	return row->rates.cudnn;
}

static double blas(const struct row *row)
{
	return row->rates.blas;
}

static double driver_busy(const struct row *row)
{
	return row->driver.busy;
}

static double driver_memory(const struct row *row)
{
	return row->driver.bytes;
}

static double host_cpu(const struct row *row)
{
	return row->host.cpu;
}

static double host_memory(const struct row *row)
{
	return row->host.bytes;
}

static double errors(const struct row *row)
{
	return (double)totals(row)->errors;
}

static double seconds(const struct row *row)
{
	return row->seconds;
}

/* ---- When a column is of use, and how much room it needs. */

static bool several_users(const struct model *model)
{
	return model->n_users > 1;
}

static bool any_job(const struct model *model)
{
	for (unsigned i = 0; i < model->n_rows; i++)
		if (cell_has_job(model->rows[i].process))
			return true;
	return false;
}

static bool several_devices(const struct model *model)
{
	return model->gpus.watched > 1;
}

static bool driver_speaks(const struct model *model)
{
	return model->sample && model->sample->driver.devices.count;
}

static int pid_digits(const struct model *model)
{
	static int digits;

	(void)model;
	if (!digits)
		digits = procstat_pid_digits();
	return digits;
}

static int longest_verdict(const struct model *model)
{
	int longest = 0;

	for (unsigned i = 0; i < model->n_rows; i++) {
		const struct row *row = &model->rows[i];
		int length = (int)strlen(cell_verdict_words(&row->judgement)) +
			     (row->process->figures.driver.simulated ? 4 : 0);

		longest = length > longest ? length : longest;
	}
	return longest > 6 ? longest - 6 : 0;
}

/* "elsewhere 45s" */
static int age_of_elsewhere(const struct model *model)
{
	return model->elsewhere ? 4 : 0;
}

/* What has a rank from here on comes only where the command has room all the same. */
enum { FIRST_WIDE_RANK = 11, MARK_WIDTH = 1, COMMAND_LEAST = 11, COMMAND_WIDE = 24 };

const struct column_kind column_kinds[COLUMNS_MAX] = {
	[COLUMN_PID] = { "PID", "pid", "process id", .rank = 0, .align = ALIGN_RIGHT,
		.put = cell_pid, .wider = pid_digits },
	[COLUMN_USER] = { "USER", "user", "who runs it", .width = 8, .rank = 6, .put = cell_user,
		.compare = cell_compare_users, .useful = several_users },
	[COLUMN_JOB] = { "JOB", "job", "the scheduler's job, 9_5 for an element of an array",
		.width = 8, .rank = 7, .put = cell_job, .compare = cell_compare_jobs,
		.useful = any_job },
	[COLUMN_STATE] = { "STATE", "state",
		"active: kernels ran in the last interval; quiet: none did, for how long",
		.width = 9, .rank = 3, .put = cell_state, .compare = cell_compare_states,
		.wider = age_of_elsewhere },
	[COLUMN_GPU] = { "GPU", "gpu",
		"YES, UNCONF, FAILED, NO, UNKNOWN; SIM: on the simulated driver", .width = 6,
		.rank = 1, .put = cell_verdict, .compare = cell_compare_verdicts,
		.wider = longest_verdict },
	[COLUMN_DEV] = { "DEV", "dev", "devices it uses", .width = 7, .rank = 8,
		.put = cell_devices, .useful = several_devices },
	[COLUMN_RATE] = { "KERN/s", "kern/s", "kernels a second", .width = 6, .rank = 2,
		.align = ALIGN_RIGHT, .unit = UNIT_RATE, .figure = rate },
	[COLUMN_KERNELS] = { "KERNELS", "kernels", "kernels launched so far", .width = 8, .rank = 4,
		.align = ALIGN_RIGHT, .unit = UNIT_COUNT, .figure = kernels },
	[COLUMN_MEM] = { "MEM", "mem", "device memory that it has now", .width = 5, .rank = 5,
		.align = ALIGN_RIGHT, .unit = UNIT_BYTES, .figure = memory },
	[COLUMN_PEAK] = { "PEAK", "peak", "the most device memory it had", .width = 5, .rank = 11,
		.align = ALIGN_RIGHT, .unit = UNIT_BYTES, .figure = peak },
	[COLUMN_CONFIRMED] = { "CONF%", "conf%", "kernels seen to have finished", .width = 5,
		.rank = 12, .align = ALIGN_RIGHT, .unit = UNIT_PERCENT, .figure = confirmed },
	[COLUMN_GRAPHS] = { "GRAPH", "graph", "kernels that CUDA graphs ran", .width = 6,
		.rank = 13, .align = ALIGN_RIGHT, .unit = UNIT_COUNT, .figure = graphs },
	[COLUMN_TO_DEVICE] = { "H2D/s", "h2d/s", "bytes a second copied to the device", .width = 5,
		.rank = 14, .align = ALIGN_RIGHT, .unit = UNIT_BYTES, .figure = to_device },
	[COLUMN_BACK] = { "D2H/s", "d2h/s", "bytes a second copied back", .width = 5, .rank = 15,
		.align = ALIGN_RIGHT, .unit = UNIT_BYTES, .figure = back },
	[COLUMN_CUDNN] = { "cuDNN/s", "cudnn/s", "calls of cuDNN a second", .width = 7, .rank = 16,
		.align = ALIGN_RIGHT, .unit = UNIT_RATE, .figure = cudnn },
	[COLUMN_BLAS] = { "BLAS/s", "blas/s", "calls of cuBLAS a second", .width = 6, .rank = 17,
		.align = ALIGN_RIGHT, .unit = UNIT_RATE, .figure = blas },
	[COLUMN_DRIVER_BUSY] = { "DRV%", "drv%", "how busy the driver says it keeps its devices",
		.width = 4, .rank = 20, .align = ALIGN_RIGHT, .unit = UNIT_PERCENT,
		.figure = driver_busy, .useful = driver_speaks },
	[COLUMN_DRIVER_MEMORY] = { "DRVMEM", "drvmem",
		"device memory that the driver says it has, its context too", .width = 6,
		.rank = 21, .align = ALIGN_RIGHT, .unit = UNIT_BYTES, .figure = driver_memory,
		.useful = driver_speaks },
	[COLUMN_HOST_CPU] = { "CPU%", "cpu%", "of the host's processor: 100 is one core",
		.width = 4, .rank = 18, .align = ALIGN_RIGHT, .unit = UNIT_PERCENT,
		.figure = host_cpu },
	[COLUMN_HOST_MEMORY] = { "RES", "res", "resident memory of the host", .width = 5,
		.rank = 19, .align = ALIGN_RIGHT, .unit = UNIT_BYTES, .figure = host_memory },
	[COLUMN_ERRORS] = { "ERR", "err", "calls that failed", .width = 4, .rank = 9,
		.align = ALIGN_RIGHT, .unit = UNIT_COUNT, .figure = errors },
	[COLUMN_TIME] = { "TIME", "time", "how long it ran", .width = 6, .rank = 10,
		.align = ALIGN_RIGHT, .unit = UNIT_TIME, .figure = seconds },
	[COLUMN_COMMAND] = { "COMMAND", "command", "what was started", .rank = COLUMNS_MAX,
		.compare = cell_compare_commands },
};

void columns_put(struct text *text, enum column column, const struct row *row, int width)
{
	const struct column_kind *kind = &column_kinds[column];

	if (kind->figure)
		unit_put(text, kind->unit, kind->figure(row), width);
	else if (kind->put)
		kind->put(text, row, width);
}

static int width_of(enum column column, const struct model *model)
{
	const struct column_kind *kind = &column_kinds[column];

	return kind->width + (kind->wider ? kind->wider(model) : 0);
}

static enum column of_rank(int rank)
{
	int i = 0;

	while (i < COLUMNS_MAX && column_kinds[i].rank != rank)
		i++;
	return (enum column)i;
}

void columns_place(struct columns *columns, const struct model *model, int width)
{
	int used = MARK_WIDTH, x = MARK_WIDTH, widths[COLUMNS_MAX] = { 0 };

	for (int rank = 0; rank < COLUMNS_MAX - 1; rank++) {
		enum column column = of_rank(rank);
		bool (*useful)(const struct model *model) = column_kinds[column].useful;
		int own = width_of(column, model);
		int command = rank < FIRST_WIDE_RANK ? COMMAND_LEAST : COMMAND_WIDE;

		if (useful && !useful(model))
			continue;
		if (rank && used + own + 1 + command > width)
			break;
		widths[column] = own;
		used += own + 1;
	}
	columns->count = 0;
	for (int i = 0; i < COLUMN_COMMAND; i++) {
		if (!widths[i])
			continue;
		columns->places[columns->count++] =
			(struct column_place){ (enum column)i, x, widths[i] };
		x += widths[i] + 1;
	}
	columns->places[columns->count++] =
		(struct column_place){ COLUMN_COMMAND, x, width > x ? width - x : 0 };
}

static int compare_figures(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return a > b ? -1 : a < b;
}

int columns_compare(
	const struct row *a, const struct row *b, enum column sort, enum order direction)
{
	const struct column_kind *kind = &column_kinds[sort];
	int order = 0;

	if (row_running(a) != row_running(b))
		return row_running(a) ? -1 : 1;
	if (kind->figure)
		order = compare_figures(kind->figure(a), kind->figure(b));
	else if (kind->compare)
		order = kind->compare(a, b);
	/* All that have no rate any more: the one that did most first. */
	if (!order && sort == COLUMN_RATE)
		order = compare_figures(kernels(a), kernels(b));
	if (!order)
		order = a->process->pid < b->process->pid ? -1 : a->process->pid > b->process->pid;
	return direction == ORDER_INVERTED ? -order : order;
}

enum column columns_find(const char *name)
{
	int i = 0;

	while (i < COLUMNS_MAX && strcasecmp(name, column_kinds[i].name) != 0)
		i++;
	return (enum column)i;
}

struct row columns_session_row(const struct session_row *session, struct process_snapshot *process)
{
	const struct session_snapshot *snapshot = &session->snapshot;
	struct row row = { .process = process,
		.session = session->name,
		.uid = session->uid,
		.rates = session->rates,
		.host = session->host,
		.driver = session->driver,
		.judgement = session->judgement,
		.seconds = -1,
		.state = session->running ? session->liveliest->state : ROW_ENDED,
		.quiet = session->liveliest->quiet,
		.quiet_or_more = session->liveliest->quiet_or_more };

	*process = (struct process_snapshot){ .figures = snapshot->figures };
	if (!session->judged)
		row.judgement.headline = "-";
	if (snapshot->n_processes) {
		*process = snapshot->processes[0];
		process->figures = snapshot->figures;
		row.seconds = snapshot_seconds(snapshot, process);
	}
	return row;
}

/* As over a job's nodes: some work is work, and NO is only what all say. */
static void join_judgements(struct row *row, const struct session_row *session)
{
	if (session->judgement.verdict == VERDICT_WORK)
		row->judgement = session->judgement;
	else if (row->judgement.verdict != VERDICT_WORK &&
		 row->judgement.verdict != session->judgement.verdict)
		row->judgement.headline = "-";
}

static void add_session(struct row *row, struct totals *sum, const struct session_row *session)
{
	const struct totals *part = &session->snapshot.figures.totals;

	rates_add(&row->rates, &session->rates);
	add_known(&row->host.cpu, session->host.cpu);
	add_known(&row->host.bytes, session->host.bytes);
	add_known(&row->driver.busy, session->driver.busy);
	add_known(&row->driver.bytes, session->driver.bytes);
	sum->kernels += part->kernels;
	sum->confirmed += part->confirmed;
	sum->graph_kernels += part->graph_kernels;
	sum->errors += part->errors;
	sum->memory.live_bytes += part->memory.live_bytes;
	sum->memory.peak_bytes += part->memory.peak_bytes;
	if (session->running && (!row_running(row) || session->liveliest->state == ROW_ACTIVE))
		row->state = session->liveliest->state;
	join_judgements(row, session);
}

struct row columns_job_row(const struct model *model, const struct session_row *session,
	struct process_snapshot *process)
{
	struct row row = columns_session_row(session, process);

	for (unsigned i = 0; i < model->n_sessions; i++) {
		const struct session_row *other = &model->sessions[i];

		if (other != session && model_same_job(other, session))
			add_session(&row, &process->figures.totals, other);
	}
	return row;
}
