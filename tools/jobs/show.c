/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../json.h"
#include "../json_parts.h"
#include "job_gaps.h"
#include "report/format.h"

enum { LINE = 1024, NODES_SHOWN = 64, GPUS_SHOWN = 16, NODE_COLUMNS = 24 };

static void put_sum(struct text *text, const struct sum *sum)
{
	text_putf(text, "%-11s ", verdict_headline(sum->verdict));
	text_put_counted(text, sum->kernels, "kernel", "kernels");
	text_put(text, "   ");
	text_put_counted(text, sum->sessions, "session", "sessions");
	if (sum->running) {
		text_put(text, ", ");
		text_put_count(text, sum->running);
		text_put(text, " of them running");
	}
	if (sum->work_seconds > 0) {
		text_put(text, "   at work for ");
		text_put_seconds(text, sum->work_seconds);
	}
}

static void put_headline(struct text *text, const struct view *view)
{
	double seconds = sum_seconds(&view->sum);

	text_putf(text, "gpuspy: GPU work: %s  %s", verdict_headline(view->sum.verdict),
		view->simulated ? "SIMULATED  " : "");
	text_put(text, view->words);
	text_put(text, "  (job ");
	text_put_escaped(text, view->job->id, 64);
	if (view->job->owner) {
		text_put(text, " of ");
		text_put_escaped(text, view->job->owner, 32);
	}
	text_put(text, ", ");
	text_put_counted(text, view->n_nodes, "node", "nodes");
	if (view->tasks) {
		text_put(text, ", ");
		text_put_counted(text, view->tasks, "task", "tasks");
	}
	if (seconds >= 0) {
		text_put(text, ", ");
		text_put_seconds(text, seconds);
	}
	text_put(text, ")\n");
}

/* Of those that the job was given, how many are known by no more than a number. */
static unsigned count_unnamed(const struct view *view)
{
	unsigned unnamed = 0;

	for (unsigned i = 0; i < view->n_allocation; i++)
		unnamed += !view->allocation[i].uuid;
	return unnamed;
}

static void put_gpus(struct text *text, const struct view *view)
{
	unsigned unnamed = count_unnamed(view);

	text_put(text, "  GPUs      ");
	if (view->given >= 0) {
		text_putf(text, "%d allocated, ", view->given);
	} else {
		text_put(text, "it is not known how many were allocated; ");
	}
	text_putf(text, "%u ran kernels", view->worked);
	if (unnamed) {
		text_put(text, "; of ");
		text_put_counted(text, unnamed, "allocated one", "allocated ones");
		text_put(text, " the UUID is not known");
	}
	text_put(text, "\n");
}

static void put_gpu_name(struct text *text, const char *uuid, const char *node)
{
	text_put(text, "  GPU       ");
	text_put(text, uuid ? "" : "of unknown UUID");
	text_put_escaped(text, uuid ? uuid : "", 64);
	text_put(text, " on ");
	text_put_escaped(text, node, NODE_COLUMNS);
	text_put(text, "   ");
}

static void put_one_gpu(struct text *text, const void *what)
{
	const struct view_gpu *gpu = what;

	put_gpu_name(text, gpu->uuid, gpu->node);
	text_put_counted(text, gpu->kernels, "kernel", "kernels");
	text_put(text, gpu->allocated == ALLOCATED_TO_OTHERS
			       ? ", and it was not allocated to this job\n"
			       : "\n");
}

static void put_unseen_gpu(struct text *text, const void *what)
{
	const struct view_given *given = what;

	put_gpu_name(text, given->uuid, given->node);
	text_put(text, "allocated, and no process was seen to use it\n");
}

static void put_node(struct text *text, const struct view_node *node)
{
	text_put(text, "  ");
	text_put_escaped(text, node->node, NODE_COLUMNS);
	for (size_t i = strlen(node->node); i < 9; i++)
		text_put(text, " ");
	text_put(text, " ");
	put_sum(text, &node->sum);
	if (node->given >= 0)
		text_putf(text, "   %u of %d GPUs", node->worked, node->given);
	if (node->lost) {
		text_put(text, "   lost: ");
		text_put_counted(text, node->lost, "session", "sessions");
	}
	text_put(text, "\n");
	if (node->sum.kernels && (node->given < 0 || node->worked >= (unsigned)node->given))
		return;
	text_put(text, "            ");
	if (node->sum.kernels && node->idle_reason) {
		text_putf(text, "idle: %s: ", node->idle_reason);
		text_put_escaped(text, node->idle_summary ? node->idle_summary : "", 160);
	} else if (node->sum.kernels) {
		text_put(text, "the others: nothing that ran there asked for them");
	} else {
		text_put_escaped(text, node->sum.reason ? node->sum.reason : "?", 40);
		text_put(text, ": ");
		text_put_escaped(text, node->sum.summary ? node->sum.summary : "", 160);
	}
	text_put(text, "\n");
}

static void print(FILE *to, void (*put)(struct text *text, const void *what), const void *what)
{
	char line[LINE * 2];
	struct text text = text_in(line, sizeof(line));

	put(&text, what);
	fputs(line, to);
}

static void put_head(struct text *text, const void *view)
{
	put_headline(text, view);
	put_gpus(text, view);
}

static void put_any_node(struct text *text, const void *node)
{
	put_node(text, node);
}

/* Of a job that was begun anew: each time. */
static void print_runs(FILE *to, const struct view *view)
{
	for (unsigned i = 0; view->n_runs > 1 && i < view->n_runs; i++) {
		char line[LINE];
		struct text text = text_in(line, sizeof(line));

		text_putf(&text, "  run %-5d ", view->restarts[i]);
		put_sum(&text, &view->runs[i]);
		fprintf(to, "%s\n", line);
	}
}

static void print_gpus(FILE *to, const struct view *view)
{
	unsigned shown = 0, left = 0;

	for (unsigned i = 0; i < view->n_gpus; i++)
		if (shown < GPUS_SHOWN && ++shown)
			print(to, put_one_gpu, &view->gpus[i]);
		else
			left++;
	for (unsigned i = 0; i < view->n_allocation; i++) {
		const struct view_given *given = &view->allocation[i];

		if (!given->uuid || given->seen)
			continue;
		if (shown < GPUS_SHOWN && ++shown)
			print(to, put_unseen_gpu, given);
		else
			left++;
	}
	if (left)
		fprintf(to, "            ... %u more GPUs\n", left);
}

/* What is missing: each in one place, and not node by node. */
static void put_gaps(struct text *text, const void *what)
{
	const struct view *view = what;
	const char *before = "  gaps      ";

	for (unsigned i = 0; i < JOB_GAPS; i++) {
		if (!job_gap(view, i).count)
			continue;
		text_put(text, before);
		job_gap_put(text, view, i);
		before = "\n            ";
	}
	if (text->length)
		text_put(text, "\n");
}

void show_text(FILE *to, const struct view *view)
{
	unsigned nodes = view->n_nodes < NODES_SHOWN ? view->n_nodes : NODES_SHOWN;

	print(to, put_head, view);
	print_runs(to, view);
	print_gpus(to, view);
	for (unsigned i = 0; i < nodes; i++)
		print(to, put_any_node, &view->nodes[i]);
	if (nodes < view->n_nodes)
		fprintf(to, "            ... %u more nodes\n", view->n_nodes - nodes);
	print(to, put_gaps, view);
}

void show_brief(FILE *to, const struct view *view)
{
	char line[256];

	snprintf(line, sizeof(line), "gpuspy: %s%s%s %llu kernels %u/",
		verdict_headline(view->sum.verdict), view->sum.kernels ? "" : " ",
		view->sum.kernels ? "" : view->sum.reason, (unsigned long long)view->sum.kernels,
		view->worked);
	for (char *c = line; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	if (view->given >= 0)
		fprintf(to, "%s%d gpus\n", line, view->given);
	else
		fprintf(to, "%s? gpus\n", line);
}

static void add_sum(json_t *to, const struct sum *sum)
{
	json_object_set_new(to, "verdict", json_string(verdict_code(sum->verdict)));
	json_object_set_new(to, "reason", json_foreign(sum->reason));
	json_object_set_new(to, "kernels", json_count(sum->kernels));
	json_object_set_new(to, "confirmed_kernels", json_count(sum->confirmed));
	json_object_set_new(to, "at_least", json_boolean(sum->at_least));
	json_object_set_new(to, "sessions", json_count(sum->sessions));
	json_object_set_new(to, "running", json_count(sum->running));
	json_object_set_new(to, "tasks", json_count(sum->ranks));
	json_object_set_new(to, "seconds", json_seconds(sum_seconds(sum)));
	json_object_set_new(to, "work_seconds", json_seconds(sum->work_seconds));
}

static json_t *nodes(const struct view *view)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < view->n_nodes; i++) {
		const struct view_node *node = &view->nodes[i];
		json_t *one = json_pack("{so so so}", "node", json_foreign(node->node), "summary",
			json_foreign(node->sum.summary), "record",
			json_boolean(node->said || node->sum.sessions));

		add_sum(one, &node->sum);
		json_object_set_new(one, "lost", json_count(node->lost));
		json_object_set_new(one, "gpus", json_number(node->given));
		json_object_set_new(one, "gpus_worked", json_count(node->worked));
		json_object_set_new(one, "idle_reason", json_foreign(node->idle_reason));
		json_array_append_new(all, one);
	}
	return all;
}

static json_t *allocated(enum allocated allocated)
{
	return allocated == ALLOCATED_UNKNOWN ? json_null() : json_boolean(allocated == ALLOCATED);
}

static json_t *gpus(const struct view *view)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < view->n_gpus; i++)
		json_array_append_new(
			all, json_pack("{so so so so}", "node", json_foreign(view->gpus[i].node),
				     "uuid", json_foreign(view->gpus[i].uuid), "kernels",
				     json_count(view->gpus[i].kernels), "allocated",
				     allocated(view->gpus[i].allocated)));
	return all;
}

static json_t *allocation(const struct view *view)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < view->n_allocation; i++) {
		const struct view_given *given = &view->allocation[i];

		json_array_append_new(all,
			json_pack("{so so so so}", "node", json_foreign(given->node), "id",
				json_foreign(given->id), "uuid", json_foreign(given->uuid),
				"kernels", given->uuid ? json_count(given->kernels) : json_null()));
	}
	return all;
}

static json_t *gaps(const struct view *view)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < JOB_GAPS; i++) {
		struct job_gap gap = job_gap(view, i);
		char line[256];
		struct text text = text_in(line, sizeof(line));

		if (!gap.count)
			continue;
		job_gap_put(&text, view, i);
		json_array_append_new(all, json_pack("{ss so ss}", "code", gap.code, "count",
						   json_count(gap.count), "text", line));
	}
	return all;
}

static json_t *runs(const struct view *view)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < view->n_runs; i++) {
		json_t *one = json_pack("{si}", "restarts", view->restarts[i]);

		add_sum(one, &view->runs[i]);
		json_array_append_new(all, one);
	}
	return all;
}

json_t *show_object(const struct view *view)
{
	json_t *report = json_pack("{si ss so so sb so}", "schema", 1, "gpuspy", GPUSPY_VERSION,
		"job", json_foreign(view->job->id), "user", json_foreign(view->job->owner),
		"simulated", view->simulated, "summary", json_foreign(view->words));

	if (!report)
		return NULL;
	add_sum(report, &view->sum);
	json_object_set_new(report, "tasks", json_count(view->tasks));
	json_object_set_new(report, "lost", json_count(view->lost));
	json_object_set_new(report, "gpus_allocated", json_number(view->given));
	json_object_set_new(report, "gpus_worked", json_count(view->worked));
	json_object_set_new(report, "started", json_seconds(view->sum.started));
	json_object_set_new(report, "ended", json_seconds(view->sum.ended));
	json_object_set_new(report, "runs", runs(view));
	json_object_set_new(report, "nodes", nodes(view));
	json_object_set_new(report, "gpus", gpus(view));
	json_object_set_new(report, "allocation", allocation(view));
	json_object_set_new(report, "gaps", gaps(view));
	return report;
}

int show_json(FILE *to, const struct view *view)
{
	json_t *report = show_object(view);
	int status = report ? json_write(to, report, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : -1;

	json_decref(report);
	if (!status)
		fputc('\n', to);
	return status;
}
