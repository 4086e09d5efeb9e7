/* SPDX-License-Identifier: MIT */
/*
 * Samples as JSON: the report of gpuspy (schema 1) for each session, with what only a viewer knows
 * in "sample".
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "../json.h"
#include "../json_parts.h"
#include "../say.h"
#include "batch.h"
#include "listing.h"

static json_t *number(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *bytes(double value)
{
	return isnan(value) ? json_null() : json_integer((json_int_t)value);
}

static json_t *rates(const struct rates *rates)
{
	return json_pack("{so so so so so so}", "kernels", number(rates->kernels),
		"host_to_device_bytes", number(rates->host_to_device), "device_to_host_bytes",
		number(rates->device_to_host), "copied_bytes", number(rates->copies), "cudnn_calls",
		number(rates->cudnn), "cublas_calls", number(rates->blas));
}

static json_t *process(const struct row *row)
{
	char text[64];
	struct text state = text_in(text, sizeof(text));

	columns_put(&state, COLUMN_STATE, row, UNIT_ANY_WIDTH);
	return json_pack("{si ss ss so so so}", "pid", (int)row->process->pid, "state", text,
		"verdict", row->judgement.code, "per_second", rates(&row->rates), "host",
		json_pack("{so so}", "cpu_percent", number(row->host.cpu), "resident_bytes",
			bytes(row->host.bytes)),
		"driver",
		json_pack("{so so}", "busy_percent", number(row->driver.busy), "memory_bytes",
			bytes(row->driver.bytes)));
}

static json_t *sample_of(const struct model *model, const struct session_row *session)
{
	json_t *processes = json_array();

	for (unsigned i = session->first; i < session->first + session->count; i++)
		json_array_append_new(processes, process(&model->rows[i]));
	return json_pack("{so so si so so so so}", "time", json_moment(model->sample->realtime_ns),
		"seconds", number(model->interval), "uid", (int)session->uid, "per_second",
		rates(&session->rates), "processes", processes, "unreadable",
		json_integer(model->sample->unreadable), "left_out",
		json_integer(model->sample->left_out));
}

/* The report as gpuspy writes it, read back: one writer for both. */
static json_t *report_of(const struct session_row *session)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	json_t *report = NULL;

	if (!memory)
		return NULL;
	if (json_report(memory, &session->snapshot, &session->judgement) == 0 &&
		fflush(memory) == 0)
		report = json_loadb(text, size, JSON_ALLOW_NUL, NULL);
	fclose(memory);
	free(text);
	return report;
}

static int print_session(FILE *to, const struct model *model, const struct session_row *session)
{
	json_t *report = report_of(session);
	int status = -1;

	if (report && json_object_set_new(report, "sample", sample_of(model, session)) == 0)
		status = json_write(to, report, JSON_COMPACT);
	json_decref(report);
	if (status)
		say("gpuspy-top: the JSON line could not be made: out of memory");
	else
		fputc('\n', to);
	return status;
}

static bool wanted(
	const struct model *model, const struct session_row *session, const struct view *view)
{
	if (view->one_user && session->uid != view->user)
		return false;
	for (unsigned i = session->first; i < session->first + session->count; i++)
		if (listing_matches(&model->rows[i], view->filter))
			return true;
	return false;
}

int batch_print_json(FILE *to, struct model *model, const struct view *view)
{
	model_judge_sessions(model);
	for (unsigned i = 0; i < model->n_sessions; i++)
		if (model->sessions[i].judged && wanted(model, &model->sessions[i], view) &&
			print_session(to, model, &model->sessions[i]))
			return -1;
	return 0;
}
