/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include "report/errors.h"
#include "report/gaps.h"
#include "report/text.h"
#include "values.h"

/* One cell of a column: the member of row i. */
#define NUMBER(name, type, expression)                                  \
	static double name(const void *rows, unsigned i)                \
	{                                                               \
		const struct type *row = (const struct type *)rows + i; \
		return (double)(expression);                            \
	}
#define STRING(name, type, expression)                                  \
	static const char *name(const void *rows, unsigned i)           \
	{                                                               \
		const struct type *row = (const struct type *)rows + i; \
		return expression;                                      \
	}

/* A column is of numbers or of strings. */
struct column {
	const char *name;
	double (*number)(const void *rows, unsigned i);
	const char *(*string)(const void *rows, unsigned i);
};

static SEXP table(const struct column *columns, int count, unsigned n, const void *rows)
{
	struct list list = list_begin(count);

	for (int i = 0; i < count; i++)
		list_put(&list, columns[i].name,
			columns[i].number ? column_numbers(n, rows, columns[i].number)
					  : column_strings(n, rows, columns[i].string));
	return list_end(&list);
}

#define TABLE(columns, n, rows) table(columns, sizeof(columns) / sizeof(*(columns)), n, rows)

NUMBER(device_ordinal, device_figures, row->ordinal)
STRING(device_name, device_figures, row->name)
NUMBER(device_kernels, device_figures, row->kernels)
NUMBER(device_live, device_figures, row->memory.live_bytes)
NUMBER(device_peak, device_figures, row->memory.peak_bytes)
NUMBER(device_total, device_figures, row->total_bytes ? (double)row->total_bytes : NA_REAL)

SEXP table_devices(const struct figures *figures)
{
	static const struct column columns[] = { { "device", device_ordinal, NULL },
		{ "name", NULL, device_name }, { "kernels", device_kernels, NULL },
		{ "live_bytes", device_live, NULL }, { "peak_bytes", device_peak, NULL },
		{ "total_bytes", device_total, NULL } };

	return TABLE(columns, figures->n_devices, figures->devices);
}

STRING(kernel_name, kernel_figures, row->name)
NUMBER(kernel_launches, kernel_figures, row->launches)
NUMBER(kernel_captured, kernel_figures, row->captured)
NUMBER(kernel_device, kernel_figures, row->device < 0 ? NA_REAL : row->device)

SEXP table_kernels(const struct figures *figures)
{
	static const struct column columns[] = { { "kernel", NULL, kernel_name },
		{ "launches", kernel_launches, NULL }, { "captured", kernel_captured, NULL },
		{ "device", kernel_device, NULL } };

	return TABLE(columns, figures->n_kernels, figures->kernels);
}

static const char *error_of(const struct function_figures *row)
{
	static char unknown[ERROR_NAME_MAX];

	return row->last_error ? error_name(row->layer, row->last_error, unknown) : NULL;
}

STRING(function_layer, function_figures, layer_name(row->layer))
STRING(function_library, function_figures, row->library)
STRING(function_name, function_figures, row->name)
NUMBER(function_calls, function_figures, row->calls)
NUMBER(function_errors, function_figures, row->errors)
STRING(function_error, function_figures, error_of(row))

SEXP table_functions(const struct figures *figures)
{
	static const struct column columns[] = { { "layer", NULL, function_layer },
		{ "library", NULL, function_library }, { "name", NULL, function_name },
		{ "calls", function_calls, NULL }, { "errors", function_errors, NULL },
		{ "last_error", NULL, function_error } };

	return TABLE(columns, figures->n_functions, figures->functions);
}

static const char *version_of(const struct library_figures *row)
{
	static char buffer[48];
	struct text text = text_in(buffer, sizeof(buffer));

	if (row->layer < LAYERS)
		layer_version(&text, row->layer, row->version);
	return text.length ? buffer : NULL;
}

STRING(library_name, library_figures, row->name)
NUMBER(library_loaded, library_figures, row->loaded)
STRING(library_path, library_figures, row->path)
STRING(library_version, library_figures, version_of(row))
STRING(library_error, library_figures, row->error)
STRING(library_asker, library_figures, row->asker)

SEXP table_libraries(const struct figures *figures)
{
	static const struct column columns[] = { { "name", NULL, library_name },
		{ "loaded", library_loaded, NULL }, { "path", NULL, library_path },
		{ "version", NULL, library_version }, { "error", NULL, library_error },
		{ "asked_by", NULL, library_asker } };

	return TABLE(columns, figures->n_libraries, figures->libraries);
}

static const char *state_word(enum process_state state)
{
	static const char *const words[] = { [PROCESS_RUNNING] = "running",
		[PROCESS_EXITED] = "exited",
		[PROCESS_KILLED] = "killed",
		[PROCESS_ENDED] = "ended",
		[PROCESS_ELSEWHERE] = "elsewhere" };

	return words[state];
}

static const char *command_of(const struct process_snapshot *row)
{
	static char buffer[1024];
	struct text text = text_in(buffer, sizeof(buffer));

	if (!row->command)
		return NULL;
	text_put_command(&text, row->command, 200);
	return buffer;
}

NUMBER(process_pid, process_snapshot, row->pid)
NUMBER(process_parent, process_snapshot, row->parent ? row->parent : NA_REAL)
STRING(process_command, process_snapshot, command_of(row))
STRING(process_state, process_snapshot, state_word(row->state))
NUMBER(process_forked, process_snapshot, row->forked)
NUMBER(process_late, process_snapshot, row->attached_tenths != 0)
NUMBER(process_started, process_snapshot, row->started_ns ? (double)row->started_ns / 1e9 : NA_REAL)
NUMBER(process_kernels, process_snapshot, row->figures.totals.kernels)
NUMBER(process_confirmed, process_snapshot, row->figures.totals.confirmed)
NUMBER(process_errors, process_snapshot, row->figures.totals.errors)
NUMBER(process_peak, process_snapshot, row->figures.totals.memory.peak_bytes)

SEXP table_processes(const struct session_snapshot *session)
{
	static const struct column columns[] = { { "pid", process_pid, NULL },
		{ "parent", process_parent, NULL }, { "command", NULL, process_command },
		{ "state", NULL, process_state }, { "forked", process_forked, NULL },
		{ "late", process_late, NULL }, { "started", process_started, NULL },
		{ "kernels", process_kernels, NULL }, { "confirmed", process_confirmed, NULL },
		{ "errors", process_errors, NULL }, { "peak_bytes", process_peak, NULL } };

	return TABLE(columns, session->n_processes, session->processes);
}

/* What was missed, of the session as a whole. */
struct missed {
	unsigned n;
	struct {
		enum gap gap;
		uint64_t count;
		char words[512];
	} all[GAPS];
};

static const char *missed_code(const void *rows, unsigned i)
{
	return gap_kinds[((const struct missed *)rows)->all[i].gap].code;
}

static const char *missed_reason(const void *rows, unsigned i)
{
	return gap_kinds[((const struct missed *)rows)->all[i].gap].reason;
}

static double missed_count(const void *rows, unsigned i)
{
	return (double)((const struct missed *)rows)->all[i].count;
}

static const char *missed_words(const void *rows, unsigned i)
{
	return ((const struct missed *)rows)->all[i].words;
}

SEXP table_gaps(const struct session_snapshot *session)
{
	static const struct column columns[] = { { "gap", NULL, missed_code },
		{ "count", missed_count, NULL }, { "hides", NULL, missed_reason },
		{ "text", NULL, missed_words } };
	static struct missed missed;

	missed.n = 0;
	for (int i = 0; i < GAPS; i++) {
		uint64_t count = gap_of_session(session, (enum gap)i);
		struct text text = text_in(missed.all[missed.n].words, sizeof(missed.all[0].words));

		if (!count)
			continue;
		missed.all[missed.n].gap = (enum gap)i;
		missed.all[missed.n++].count = count;
		gap_put(&text, (enum gap)i, count);
	}
	return TABLE(columns, missed.n, &missed);
}

SEXP table_totals(const struct totals *totals)
{
	const struct {
		const char *name;
		uint64_t value;
	} figures[] = { { "kernels", totals->kernels }, { "launches", totals->launches },
		{ "captured_launches", totals->captured_launches },
		{ "graph_launches", totals->graph_launches },
		{ "graph_kernels", totals->graph_kernels },
		{ "confirmed_kernels", totals->confirmed }, { "errors", totals->errors },
		{ "live_bytes", totals->memory.live_bytes },
		{ "peak_bytes", totals->memory.peak_bytes } };
	const int count = sizeof(figures) / sizeof(*figures);
	SEXP values = PROTECT(Rf_allocVector(REALSXP, count + COPY_KINDS + LAYERS));
	SEXP names = PROTECT(Rf_allocVector(STRSXP, count + COPY_KINDS + LAYERS));
	char name[64];
	int at = 0;

	for (int i = 0; i < count; i++, at++) {
		REAL(values)[at] = (double)figures[i].value;
		SET_STRING_ELT(names, at, Rf_mkChar(figures[i].name));
	}
	for (int i = 0; i < COPY_KINDS; i++, at++) {
		snprintf(name, sizeof(name), "%s_bytes", copy_name(i));
		REAL(values)[at] = (double)totals->copies[i].bytes;
		SET_STRING_ELT(names, at, Rf_mkChar(name));
	}
	for (int i = 0; i < LAYERS; i++, at++) {
		snprintf(name, sizeof(name), "%s_calls", layer_name((enum segment_layer)i));
		REAL(values)[at] = (double)totals->calls[i];
		SET_STRING_ELT(names, at, Rf_mkChar(name));
	}
	Rf_setAttrib(values, R_NamesSymbol, names);
	UNPROTECT(2);
	return values;
}
