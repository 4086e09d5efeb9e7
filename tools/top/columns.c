#include "columns.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "procstat.h"
#include "units.h"

const char *columns_verdict(const struct judgement *judgement)
{
	return judgement->verdict == VERDICT_UNCONFIRMED ? "UNCONF" : judgement->headline;
}

void columns_put_state(struct text *text, const struct row *row)
{
	static const char *const names[] = {
		[ROW_RUNNING] = "running",
		[ROW_ACTIVE] = "active",
		[ROW_STOPPED] = "stopped",
		[ROW_ZOMBIE] = "zombie",
		[ROW_EXITED] = "exited",
		[ROW_ENDED] = "ended",
	};

	if (row->state == ROW_QUIET) {
		text_put(text, row->quiet_or_more ? "quiet>" : "quiet ");
		unit_age(text, row->quiet);
	} else if (row->state == ROW_KILLED) {
		text_putf(text, "killed %d", row->process->signal);
	} else {
		text_put(text, names[row->state]);
		if (row->state == ROW_EXITED && row->process->exit_status > 0)
			text_putf(text, " %d", row->process->exit_status);
	}
}

static const struct totals *totals(const struct row *row)
{
	return &row->process->figures.totals;
}

static void put_pid(struct text *text, const struct row *row)
{
	text_putf(text, "%d", (int)row->process->pid);
}

static void put_user(struct text *text, const struct row *row)
{
	text_put_escaped(text, row->user, 24);
}

static void put_verdict(struct text *text, const struct row *row)
{
	if (row->process->figures.driver.simulated)
		text_put(text, "SIM ");
	text_put(text, columns_verdict(&row->judgement));
}

/* The devices with kernels, else those with memory. */
static void put_devices(struct text *text, const struct row *row)
{
	const struct figures *figures = &row->process->figures;
	bool kernels = totals(row)->kernels != 0, any = false;

	for (unsigned i = 0; i < figures->n_devices; i++) {
		const struct device_figures *device = &figures->devices[i];

		if (kernels ? !device->kernels : !device->memory.allocations)
			continue;
		text_putf(text, "%s%d", any ? "," : "", device->ordinal);
		any = true;
	}
	if (!any)
		text_put(text, "-");
}

static void put_rate(struct text *text, const struct row *row)
{
	unit_rate(text, row->rates.kernels);
}

static void put_kernels(struct text *text, const struct row *row)
{
	unit_count(text, totals(row)->kernels);
}

static void put_memory(struct text *text, const struct row *row)
{
	if (row_running(row))
		unit_bytes(text, totals(row)->memory.live_bytes);
	else
		text_put(text, "-");
}

static void put_peak(struct text *text, const struct row *row)
{
	unit_bytes(text, totals(row)->memory.peak_bytes);
}

static double confirmed(const struct row *row)
{
	const struct totals *t = totals(row);

	return t->kernels ? 100 * (double)t->confirmed / (double)t->kernels : NAN;
}

static void put_confirmed(struct text *text, const struct row *row)
{
	if (isnan(confirmed(row)))
		text_put(text, "-");
	else
		text_putf(text, "%d", (int)confirmed(row)); /* 100 only when all are */
}

static void put_graphs(struct text *text, const struct row *row)
{
	unit_count(text, totals(row)->graph_kernels);
}

static void put_to_device(struct text *text, const struct row *row)
{
	unit_byte_rate(text, row->rates.host_to_device);
}

static void put_back(struct text *text, const struct row *row)
{
	unit_byte_rate(text, row->rates.device_to_host);
}

static void put_cudnn(struct text *text, const struct row *row)
{
	unit_rate(text, row->rates.cudnn);
}

static void put_blas(struct text *text, const struct row *row)
{
	unit_rate(text, row->rates.blas);
}

static void put_errors(struct text *text, const struct row *row)
{
	unit_count(text, totals(row)->errors);
}

static void put_time(struct text *text, const struct row *row)
{
	unit_time(text, row->seconds);
}

static double rate_figure(const struct row *row)
{
	return row->rates.kernels;
}

static double kernels_figure(const struct row *row)
{
	return (double)totals(row)->kernels;
}

static double memory_figure(const struct row *row)
{
	return row_running(row) ? (double)totals(row)->memory.live_bytes : NAN;
}

static double peak_figure(const struct row *row)
{
	return (double)totals(row)->memory.peak_bytes;
}

static double graphs_figure(const struct row *row)
{
	return (double)totals(row)->graph_kernels;
}

static double to_device_figure(const struct row *row)
{
	return row->rates.host_to_device;
}

static double back_figure(const struct row *row)
{
	return row->rates.device_to_host;
}

static double cudnn_figure(const struct row *row)
{
	return row->rates.cudnn;
}

static double blas_figure(const struct row *row)
{
	return row->rates.blas;
}

static double errors_figure(const struct row *row)
{
	return (double)totals(row)->errors;
}

static double time_figure(const struct row *row)
{
	return row->seconds;
}

const struct column_kind column_kinds[COLUMNS_MAX] = {
	[COLUMN_PID] = { "PID", "pid", 7, 0, true, put_pid, NULL, "process id" },
	[COLUMN_USER] = { "USER", "user", 8, 6, false, put_user, NULL, "who runs it" },
	[COLUMN_STATE] = { "STATE", "state", 9, 3, false, columns_put_state, NULL,
		"active: kernels ran in the last interval; quiet: none did, for how long" },
	[COLUMN_GPU] = { "GPU", "gpu", 6, 1, false, put_verdict, NULL,
		"YES, UNCONF, FAILED, NO; SIM: on the simulated driver" },
	[COLUMN_DEV] = { "DEV", "dev", 4, 7, false, put_devices, NULL, "devices it uses" },
	[COLUMN_RATE] = { "KERN/s", "kern/s", 6, 2, true, put_rate, rate_figure,
		"kernels a second" },
	[COLUMN_KERNELS] = { "KERNELS", "kernels", 8, 4, true, put_kernels, kernels_figure,
		"kernels launched so far" },
	[COLUMN_MEM] = { "MEM", "mem", 5, 5, true, put_memory, memory_figure,
		"device memory that it has now" },
	[COLUMN_PEAK] = { "PEAK", "peak", 5, 10, true, put_peak, peak_figure,
		"the most device memory it had" },
	[COLUMN_CONFIRMED] = { "CONF%", "conf%", 5, 11, true, put_confirmed, confirmed,
		"kernels seen to have finished" },
	[COLUMN_GRAPHS] = { "GRAPH", "graph", 6, 12, true, put_graphs, graphs_figure,
		"kernels that CUDA graphs ran" },
	[COLUMN_TO_DEVICE] = { "H2D/s", "h2d/s", 5, 13, true, put_to_device, to_device_figure,
		"bytes a second copied to the device" },
	[COLUMN_BACK] = { "D2H/s", "d2h/s", 5, 14, true, put_back, back_figure,
		"bytes a second copied back" },
	[COLUMN_CUDNN] = { "cuDNN/s", "cudnn/s", 7, 15, true, put_cudnn, cudnn_figure,
		"calls of cuDNN a second" },
	[COLUMN_BLAS] = { "BLAS/s", "blas/s", 6, 16, true, put_blas, blas_figure,
		"calls of cuBLAS a second" },
	[COLUMN_ERRORS] = { "ERR", "err", 4, 8, true, put_errors, errors_figure,
		"calls that failed" },
	[COLUMN_TIME] = { "TIME", "time", 6, 9, true, put_time, time_figure, "how long it ran" },
	[COLUMN_COMMAND] = { "COMMAND", "command", 0, 0, false, NULL, NULL, "what was started" },
};

enum { MARK_WIDTH = 1, COMMAND_LEAST = 11, COMMAND_WIDE = 24, FIRST_WIDE_RANK = 10 };

static bool has_simulated(const struct model *model)
{
	for (unsigned i = 0; i < model->n_rows; i++)
		if (model->rows[i].process->figures.driver.simulated)
			return true;
	return false;
}

static unsigned watched_gpus(const struct model *model)
{
	unsigned count = 0;

	for (unsigned i = 0; i < model->n_gpus; i++)
		count += model->gpus[i].watched;
	return count;
}

static int width_of(enum column column, const struct model *model, bool simulated)
{
	static int pid_digits;

	if (!pid_digits)
		pid_digits = procstat_pid_digits();
	if (column == COLUMN_PID)
		return pid_digits;
	if (column == COLUMN_GPU && simulated)
		return column_kinds[column].width + 4;
	if (column == COLUMN_DEV)
		return watched_gpus(model) > 8 ? 8 : 4;
	return column_kinds[column].width;
}

static bool useful(enum column column, const struct model *model)
{
	if (column == COLUMN_USER)
		return model->n_users > 1;
	if (column == COLUMN_DEV)
		return watched_gpus(model) > 1;
	return column != COLUMN_COMMAND;
}

static enum column of_rank(int rank)
{
	for (int i = 0; i < COLUMNS_MAX; i++)
		if (column_kinds[i].rank == rank && i != COLUMN_COMMAND)
			return (enum column)i;
	return COLUMNS_MAX;
}

void columns_place(struct columns *columns, const struct model *model, int width)
{
	bool simulated = has_simulated(model), chosen[COLUMNS_MAX] = { false };
	int used = MARK_WIDTH, x = MARK_WIDTH;

	for (int rank = 0; rank < COLUMNS_MAX - 1; rank++) {
		enum column column = of_rank(rank);
		int more = width_of(column, model, simulated) + 1;
		int command = rank < FIRST_WIDE_RANK ? COMMAND_LEAST : COMMAND_WIDE;

		if (!useful(column, model))
			continue;
		if (rank && used + more + command > width)
			break;
		chosen[column] = true;
		used += more;
	}
	columns->count = 0;
	for (int i = 0; i < COLUMN_COMMAND; i++) {
		int own = width_of((enum column)i, model, simulated);

		if (!chosen[i])
			continue;
		columns->places[columns->count++] = (struct column_place){ (enum column)i, x, own };
		x += own + 1;
	}
	columns->places[columns->count++] =
		(struct column_place){ COLUMN_COMMAND, x, width > x ? width - x : 0 };
}

static int compare_numbers(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return a > b ? -1 : a < b;
}

static int compare_strings(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_words(const struct row *a, const struct row *b, enum column sort)
{
	switch (sort) {
	case COLUMN_USER:
		return strcmp(a->user, b->user);
	case COLUMN_STATE:
		return a->state < b->state ? -1 : a->state > b->state;
	case COLUMN_GPU:
		return (int)a->judgement.verdict - (int)b->judgement.verdict;
	case COLUMN_COMMAND:
		return compare_strings(a->process->command, b->process->command);
	default:
		return 0;
	}
}

int columns_compare(const struct row *a, const struct row *b, enum column sort, bool inverted)
{
	double (*figure)(const struct row *row) = column_kinds[sort].figure;
	int order;

	if (row_running(a) != row_running(b))
		return row_running(a) ? -1 : 1;
	order = figure ? compare_numbers(figure(a), figure(b)) : compare_words(a, b, sort);
	/* All that have no rate any more: the one that did most first. */
	if (!order && sort == COLUMN_RATE)
		order = compare_numbers(kernels_figure(a), kernels_figure(b));
	if (!order)
		order = a->process->pid < b->process->pid ? -1 : a->process->pid > b->process->pid;
	return inverted ? -order : order;
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
