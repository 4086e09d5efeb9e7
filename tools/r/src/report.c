/* SPDX-License-Identifier: MIT */
/*
 * A session's report. The verdict, its reason and the lines of text are those of `gpuspy report`.
 */
#include <stdbool.h>

#include "here.h"
#include "loader/frameworks.h"
#include "reading.h"
#include "report/doubts.h"
#include "report/in_r.h"
#include "tables.h"
#include "values.h"

/* Whether a framework's build has code for GPUs is looked for at a process's end, or else here. */
static void look_at_framework(struct process_snapshot *process)
{
	struct driver_facts *driver = &process->figures.driver;

	if (driver->framework && driver->build == BUILD_UNKNOWN)
		driver->build = framework_build(driver->framework);
}

/*
 * `pid` is known to be watched. If it left no record that can be read, that is a gap. If it has no
 * kernel, it is looked at now: what goes on has no second witness of its end yet.
 */
static void complete(struct reading *reading, int pid, bool look)
{
	struct process_snapshot *self = reading_process(reading, pid);

	if (!self)
		reading->session.unrecorded++;
	else if (look && !self->figures.totals.kernels && !here_look(&self->figures.witness))
		self->figures.gaps[GAP_NO_WITNESS]++;
}

static SEXP also(const struct judgement *judgement)
{
	SEXP all = PROTECT(Rf_allocVector(STRSXP, judgement->n_also));

	for (unsigned i = 0; i < judgement->n_also; i++)
		SET_STRING_ELT(all, i, value_char(judgement->also[i].summary));
	UNPROTECT(1);
	return all;
}

static bool is_running(const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++)
		if (session->processes[i].state == PROCESS_RUNNING)
			return true;
	return false;
}

static void put_verdict(struct list *list, const struct reading *reading)
{
	const struct judgement *judgement = &reading->judgement;
	const struct doubt *doubt = doubt_of(&reading->session);
	const char *framework = reading->session.figures.driver.framework;

	list_put(list, "verdict", value_string(judgement->code));
	list_put(list, "reason", value_string(judgement->reason));
	list_put(list, "headline", value_string(judgement->headline));
	list_put(list, "summary", value_string(judgement->summary));
	list_put(list, "evidence", value_string(*judgement->evidence ? judgement->evidence : NULL));
	list_put(list, "advice", value_string(*judgement->advice ? judgement->advice : NULL));
	list_put(list, "also", also(judgement));
	list_put(list, "at_least", value_flag(judgement->at_least));
	list_put(list, "thin", value_flag(judgement->thin));
	list_put(list, "no", value_flag(verdict_is_no(judgement->verdict)));
	list_put(list, "doubt", value_string(doubt ? doubt->reason : NULL));
	list_put(list, "framework", value_string(framework));
}

static void put_times(struct list *list, const struct session_snapshot *session)
{
	uint64_t started = session->n_processes ? session->processes[0].started_ns : 0;

	list_put(list, "session", value_string(session->name));
	list_put(list, "simulated", value_flag(session->figures.driver.simulated));
	list_put(list, "running", value_flag(is_running(session)));
	list_put(list, "started", value_number(started ? (double)started / 1e9 : NA_REAL));
	list_put(list, "taken", value_number((double)session->taken_ns / 1e9));
	list_put(list, "seconds", value_number(snapshot_session_seconds(session)));
	list_put(list, "folded", value_number((double)session->folded));
}

static void put_tables(struct list *list, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;

	list_put(list, "totals", table_totals(&figures->totals));
	list_put(list, "devices", table_devices(figures));
	list_put(list, "kernels", table_kernels(figures));
	list_put(list, "functions", table_functions(figures));
	list_put(list, "libraries", table_libraries(figures));
	list_put(list, "processes", table_processes(session));
	list_put(list, "gaps", table_gaps(session));
}

/* NULL: there is nothing that can be read. */
SEXP package_report(SEXP base, SEXP name, SEXP pid, SEXP look)
{
	SEXP owner, report;
	struct reading *reading = reading_open(base, name, &owner);
	struct list list;

	PROTECT(owner);
	if (!reading) {
		UNPROTECT(1);
		return R_NilValue;
	}
	if (Rf_asInteger(pid) > 0)
		complete(reading, Rf_asInteger(pid), Rf_asLogical(look));
	for (unsigned i = 0; i < reading->session.n_processes; i++)
		look_at_framework(&reading->session.processes[i]);
	if (snapshot_add_up(&reading->session, &reading->arena))
		Rf_error("no memory");
	verdict_judge(&reading->judgement, &reading->session);
	in_r(&reading->judgement);
	text_report(reading->text, sizeof(reading->text), &reading->session, &reading->judgement);
	list = list_begin(27);
	put_verdict(&list, reading);
	put_times(&list, &reading->session);
	put_tables(&list, &reading->session);
	list_put(&list, "text", Rf_ScalarString(Rf_mkCharCE(reading->text, CE_UTF8)));
	report = PROTECT(list_end(&list));
	UNPROTECT(2);
	return report;
}

SEXP package_kernels(SEXP base, SEXP name, SEXP pid)
{
	SEXP owner, kernels;
	struct reading *reading = reading_open(base, name, &owner);
	const struct process_snapshot *self;

	PROTECT(owner);
	kernels = PROTECT(Rf_allocVector(REALSXP, 2));
	REAL(kernels)[0] = REAL(kernels)[1] = NA_REAL;
	if (reading) {
		self = reading_process(reading, Rf_asInteger(pid));
		REAL(kernels)[0] = (double)reading->session.figures.totals.kernels;
		REAL(kernels)[1] = self ? (double)self->figures.totals.kernels : NA_REAL;
	}
	UNPROTECT(2);
	return kernels;
}
