/* SPDX-License-Identifier: MIT */
#include "job_page.h"

#include "../page/frame.h"
#include "../page/html.h"
#include "job_gaps.h"

static void put_facts(FILE *to, const struct view *view)
{
	const struct sum *sum = &view->sum;

	fputs("<dl class=\"facts\">\n", to);
	frame_fact(to, "Job", view->job->id, true);
	frame_fact(to, "User", view->job->owner, false);
	html_put(to, "<dt>Nodes</dt><dd>%u", view->n_nodes);
	if (view->tasks)
		html_put(to, ", with %u %s", view->tasks, view->tasks == 1 ? "task" : "tasks");
	fputs("</dd>\n<dt>Since</dt><dd>", to);
	frame_moment(to, sum->started > 0 ? (uint64_t)sum->started * 1000000000u : 0);
	fputs("</dd>\n<dt>For</dt><dd>", to);
	html_seconds(to, sum_seconds(sum));
	fputs("</dd>\n", to);
	frame_fact(to, "Reason", sum->reason, true);
	fputs("</dl>\n", to);
}

static void put_small(FILE *to, const char *words)
{
	html_put(to, "<small>%s</small></dd></div>\n", words);
}

static void put_tiles(FILE *to, const struct view *view)
{
	const struct sum *sum = &view->sum;

	fputs("<dl class=\"tiles six\">\n", to);
	frame_tile(to, "Kernels", false);
	html_count(to, sum->kernels);
	fputs("<small>", to);
	html_count(to, sum->confirmed);
	fputs(" seen to have finished</small></dd></div>\n", to);
	frame_tile(to, "GPUs allocated", false);
	if (view->given >= 0)
		html_put(to, "%d", view->given);
	else
		fputs("unknown", to);
	put_small(to, "on all nodes together");
	frame_tile(to, "GPUs that worked", view->given > (int)view->worked);
	html_put(to, "%u", view->worked);
	put_small(to, "ran kernels");
	frame_tile(to, "Time at work", false);
	html_seconds(to, sum->work_seconds);
	put_small(to, "from first kernels on, of all sessions");
	frame_tile(to, "Sessions", false);
	html_put(to, "%u<small>%u ran still</small></dd></div>\n", sum->sessions, sum->running);
	frame_tile(to, "Lost sessions", view->lost != 0);
	html_count(to, view->lost);
	put_small(to, "removed before they were read");
	fputs("</dl>\n", to);
}

static void put_verdict_cell(FILE *to, enum verdict verdict)
{
	bool bad = verdict_is_no(verdict) || verdict == VERDICT_FAULT;

	html_put(to, "<td class=\"w%s\">%s</td>", bad ? " bad" : "", verdict_headline(verdict));
}

static void put_runs(FILE *to, const struct view *view)
{
	static const char *const heads[] = { "#Run", "GPU work", "#Kernels", "#Sessions",
		"#At work for", NULL };

	if (view->n_runs < 2)
		return;
	frame_table(to, "Runs", view->n_runs, heads);
	for (unsigned i = 0; i < view->n_runs && i < FRAME_ROWS_MAX; i++) {
		const struct sum *sum = &view->runs[i];

		html_put(to, "<tr><td class=\"n\">%d</td>", view->restarts[i]);
		put_verdict_cell(to, sum->verdict);
		html_cell_count(to, sum->kernels);
		html_cell_count(to, sum->sessions);
		html_cell_seconds(to, sum->work_seconds);
		fputs("</tr>\n", to);
	}
	frame_table_end(to, view->n_runs);
}

/* Of what worked in part, why the rest did not. */
static void put_why(FILE *to, const struct view_node *node)
{
	bool idle = node->sum.kernels && node->idle_reason;
	const char *reason = idle ? node->idle_reason : node->sum.reason;
	const char *words = idle ? node->idle_summary : node->sum.summary;

	fputs("<td class=\"wrap\"><code>", to);
	html_text(to, reason);
	fputs("</code>", to);
	if (words) {
		fputs(idle ? " in a session without kernels: " : " ", to);
		html_text(to, words);
	}
	if (node->sum.kernels && !idle && (int)node->worked < node->given)
		fputs("; the other GPUs: nothing that ran there asked for them", to);
	fputs("</td>", to);
}

static void put_node(FILE *to, const struct view_node *node)
{
	fputs("<tr>", to);
	html_cell_text(to, node->node);
	put_verdict_cell(to, node->sum.verdict);
	html_cell_count(to, node->sum.kernels);
	html_put(to, "<td class=\"n\" data-v=\"%u\">%u of ", node->worked, node->worked);
	if (node->given >= 0)
		html_put(to, "%d</td>", node->given);
	else
		fputs("unknown</td>", to);
	html_cell_count(to, node->sum.sessions);
	html_cell_count(to, node->sum.ranks);
	html_cell_seconds(to, node->sum.work_seconds);
	html_cell_count(to, node->lost);
	put_why(to, node);
	fputs("</tr>\n", to);
}

static void put_nodes(FILE *to, const struct view *view)
{
	static const char *const heads[] = { "Node", "GPU work", "#Kernels", "#GPUs at work",
		"#Sessions", "#Tasks", "#At work for", "#Lost", "Why", NULL };

	frame_table(to, "Nodes", view->n_nodes, heads);
	for (unsigned i = 0; i < view->n_nodes && i < FRAME_ROWS_MAX; i++)
		put_node(to, &view->nodes[i]);
	frame_table_end(to, view->n_nodes);
}

static void put_gpu(
	FILE *to, const char *node, const char *id, const char *uuid, const char *allocated)
{
	fputs("<tr>", to);
	html_cell_text(to, node);
	html_cell_text(to, uuid ? uuid : "unknown");
	html_cell_text(to, id);
	html_put(to, "<td>%s</td>", allocated);
}

/* Those that were seen, then those that were given and not seen. */
static void put_gpus(FILE *to, const struct view *view)
{
	static const char *const heads[] = { "Node", "UUID", "Number", "Allocated", "#Kernels",
		NULL };
	static const char *const allocated[] = {
		[ALLOCATED_UNKNOWN] = "unknown", [ALLOCATED] = "yes", [ALLOCATED_TO_OTHERS] = "no"
	};
	unsigned rows = view->n_gpus, left = FRAME_ROWS_MAX;

	for (unsigned i = 0; i < view->n_allocation; i++)
		rows += !view->allocation[i].seen;
	if (!rows)
		return;
	frame_table(to, "GPUs", rows, heads);
	for (unsigned i = 0; i < view->n_gpus && left; i++, left--) {
		const struct view_gpu *gpu = &view->gpus[i];

		put_gpu(to, gpu->node, gpu->id, gpu->uuid, allocated[gpu->allocated]);
		html_cell_count(to, gpu->kernels);
		fputs("</tr>\n", to);
	}
	for (unsigned i = 0; i < view->n_allocation && left; i++) {
		const struct view_given *given = &view->allocation[i];

		if (given->seen)
			continue;
		put_gpu(to, given->node, given->id, given->uuid, "yes");
		fputs(given->uuid ? "<td class=\"n\">0</td></tr>\n"
				  : "<td class=\"n\" data-v=\"-1\">unknown</td></tr>\n",
			to);
		left--;
	}
	frame_table_end(to, rows);
}

static void put_gaps(FILE *to, const struct view *view)
{
	bool any = false;

	fputs("<h2>Gaps</h2>\n", to);
	for (unsigned i = 0; i < JOB_GAPS; i++) {
		char line[256];
		struct text text = text_in(line, sizeof(line));

		if (!job_gap(view, i).count)
			continue;
		fputs(any ? "<li>" : "<ul class=\"gaps\">\n<li>", to);
		job_gap_put(&text, view, i);
		html_text(to, line);
		fputs("</li>\n", to);
		any = true;
	}
	fputs(any ? "</ul>\n"
		  : "<p class=\"soft\">None is known: every node has sent its records.</p>\n",
		to);
}

void job_page_put(FILE *to, const struct view *view)
{
	const char *headline = verdict_headline(view->sum.verdict);
	char title[256];
	struct text text = text_in(title, sizeof(title));

	text_put(&text, "job ");
	text_put_escaped(&text, view->job->id, 60);
	frame_begin(to, title, headline);
	frame_verdict(to, &(struct frame_verdict){ .headline = headline,
				  .sentence = view->words,
				  .simulated = view->simulated });
	put_facts(to, view);
	put_tiles(to, view);
	put_runs(to, view);
	put_nodes(to, view);
	put_gpus(to, view);
	put_gaps(to, view);
	frame_end(to, "job", view->job->id);
}

static void put_page(FILE *to, const void *view)
{
	job_page_put(to, view);
}

int job_page(const char *file, const struct view *view)
{
	return frame_write(file, put_page, view);
}
