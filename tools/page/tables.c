/* SPDX-License-Identifier: MIT */
/*
 * The tables of the page.
 */
#include <stdio.h>
#include <string.h>

#include "../uuid.h"
#include "chart.h"
#include "frame.h"
#include "html.h"
#include "page.h"
#include "report/errors.h"
#include "report/text.h"

enum { COMMAND_COLUMNS = 160, NOTES_SIZE = 8192, NOTE_INDENT = 12 };

static void put_spark(
	const struct page *page, const struct series *series, bool rate, const char *colour)
{
	double bins[SPARK_BINS];
	double seconds = page->timeline->seconds;

	fputs("<td>", page->to);
	if (series) {
		(rate ? series_rates : series_levels)(bins, SPARK_BINS, series, 0, seconds);
		chart_spark(page->to, bins, colour, rate ? UNIT_RATE : UNIT_BYTES);
	}
	fputs("</td>", page->to);
}

static const struct timeline_device *recorded_device(
	const struct page *page, const struct device_figures *device)
{
	const struct timeline *timeline = page->timeline;
	char uuid[UUID_TEXT] = "";

	if (device->uuid)
		uuid_text(device->uuid, uuid);
	for (unsigned i = 0; i < timeline->n_devices; i++) {
		const struct timeline_device *one = &timeline->devices[i];

		if (*uuid && one->uuid ? !strcmp(uuid, one->uuid) : one->ordinal == device->ordinal)
			return one;
	}
	return NULL;
}

static void put_device(const struct page *page, const struct device_figures *device)
{
	FILE *to = page->to;

	html_put(to, "<tr><td class=\"n\">%d</td>", device->ordinal);
	html_cell_text(to, device->name ? device->name : "(name unknown)");
	html_cell_count(to, device->kernels);
	html_cell_bytes(to, device->memory.peak_bytes);
	html_cell_bytes(to, device->memory.live_bytes);
	html_put(to, "<td class=\"n\" data-v=\"%llu\">", (unsigned long long)device->total_bytes);
	if (device->total_bytes)
		html_bytes(to, device->total_bytes);
	else
		fputs("unknown", to);
	fputs("</td>", to);
	if (page->timeline) {
		const struct timeline_device *recorded = recorded_device(page, device);

		put_spark(page, recorded ? &recorded->kernels : NULL, true, "a");
		put_spark(page, recorded ? &recorded->live : NULL, false, "b");
	}
	fputs("</tr>\n", to);
}

void page_devices(const struct page *page)
{
	static const char *const heads[] = { "#No.", "Device", "#Kernels", "#Peak memory",
		"#Not freed", "#Of", NULL };
	static const char *const recorded[] = { "#No.", "Device", "#Kernels", "#Peak memory",
		"#Not freed", "#Of", "Kernels over time", "Memory over time", NULL };
	const struct figures *figures = &page->session->figures;

	if (!figures->n_devices)
		return;
	frame_table(page->to, "Devices", figures->n_devices, page->timeline ? recorded : heads);
	for (unsigned i = 0; i < figures->n_devices; i++)
		put_device(page, &figures->devices[i]);
	frame_table_end(page->to, figures->n_devices);
}

static const struct timeline_process *recorded_process(
	const struct timeline *timeline, const struct process_snapshot *process)
{
	for (unsigned i = 0; i < timeline->n_processes; i++)
		if (timeline->processes[i].pid == process->pid &&
			timeline->processes[i].start_ticks == process->start_ticks)
			return &timeline->processes[i];
	return NULL;
}

static void put_end(FILE *to, const struct process_snapshot *process)
{
	switch (process->state) {
	case PROCESS_RUNNING:
		fputs("<td class=\"w\">running</td>", to);
		break;
	case PROCESS_KILLED:
		html_put(to, "<td class=\"bad w\">signal %d</td>", process->signal);
		break;
	case PROCESS_EXITED:
		if (process->exit_status >= 0) {
			html_put(to, "<td class=\"w%s\">status %d</td>",
				process->exit_status ? " bad" : "", process->exit_status);
			break;
		}
		__attribute__((fallthrough));
	default:
		fputs("<td class=\"w\">ended</td>", to);
	}
}

static void put_command(FILE *to, const char *command)
{
	char buffer[1024] = "";
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_command(&text, command ? command : "?", COMMAND_COLUMNS);
	html_cell_text(to, buffer);
}

static void put_process(const struct page *page, const struct process_snapshot *process)
{
	const struct totals *totals = &process->figures.totals;
	FILE *to = page->to;

	html_put(to, "<tr><td class=\"n\" data-v=\"%d\">%d</td>", (int)process->pid,
		(int)process->pid);
	put_command(to, process->command);
	html_cell_count(to, totals->kernels);
	html_cell_bytes(to, totals->memory.peak_bytes);
	html_cell_count(to, totals->errors);
	html_cell_seconds(to, snapshot_seconds(page->session, process));
	put_end(to, process);
	if (page->timeline) {
		const struct timeline_process *recorded = recorded_process(page->timeline, process);

		put_spark(page, recorded ? &recorded->kernels : NULL, true, "a");
		put_spark(page, recorded ? &recorded->live : NULL, false, "b");
	}
	fputs("</tr>\n", to);
}

void page_processes(const struct page *page)
{
	/* What people ask for first: a narrow window shows no more. */
	static const char *const heads[] = { "#Pid", "Command", "#Kernels", "#Peak memory",
		"#Errors", "#Time", "End", NULL };
	static const char *const recorded[] = { "#Pid", "Command", "#Kernels", "#Peak memory",
		"#Errors", "#Time", "End", "Kernels over time", "Memory over time", NULL };
	const struct session_snapshot *session = page->session;

	if (!session->n_processes)
		return;
	frame_table(page->to, "Processes", session->n_processes, page->timeline ? recorded : heads);
	for (unsigned i = 0; i < session->n_processes && i < FRAME_ROWS_MAX; i++)
		put_process(page, &session->processes[i]);
	frame_table_end(page->to, session->n_processes);
}

void page_kernels(const struct page *page)
{
	static const char *const heads[] = { "Kernel", "#Device", "#Launches",
		"#Recorded into graphs", NULL };
	const struct figures *figures = &page->session->figures;

	if (!figures->n_kernels)
		return;
	frame_table(page->to, "Kernels", figures->n_kernels, heads);
	for (unsigned i = 0; i < figures->n_kernels && i < FRAME_ROWS_MAX; i++) {
		const struct kernel_figures *kernel = &figures->kernels[i];

		fputs("<tr>", page->to);
		html_cell_text(page->to, kernel->name);
		if (kernel->device < 0)
			fputs("<td class=\"n\" data-v=\"-1\">unknown</td>", page->to);
		else
			html_cell_count(page->to, (uint64_t)kernel->device);
		html_cell_count(page->to, kernel->launches);
		html_cell_count(page->to, kernel->captured);
		fputs("</tr>\n", page->to);
	}
	frame_table_end(page->to, figures->n_kernels);
}

static void put_function(FILE *to, const struct function_figures *function)
{
	char unknown[ERROR_NAME_MAX];

	html_put(to, "<tr><td>%s</td>", layer_title(function->layer));
	html_cell_text(to, function->name);
	html_cell_count(to, function->calls);
	html_cell_count(to, function->errors);
	html_put(to, "<td class=\"w\"><code>%s</code></td>",
		function->last_error ? error_name(function->layer, function->last_error, unknown)
				     : "");
	html_cell_text(to, function->library);
	fputs("</tr>\n", to);
}

void page_functions(const struct page *page)
{
	static const char *const heads[] = { "Layer", "Function", "#Calls", "#Errors", "Last error",
		"Library", NULL };
	const struct figures *figures = &page->session->figures;

	if (!figures->n_functions)
		return;
	frame_table(page->to, "Functions", figures->n_functions, heads);
	for (unsigned i = 0; i < figures->n_functions && i < FRAME_ROWS_MAX; i++)
		if (figures->functions[i].calls) /* else gpuspy alone called it */
			put_function(page->to, &figures->functions[i]);
	frame_table_end(page->to, figures->n_functions);
}

static void put_version(FILE *to, uint32_t layer, uint32_t version)
{
	char buffer[48] = "";
	struct text text = text_in(buffer, sizeof(buffer));

	if (layer < LAYERS)
		layer_version(&text, (enum segment_layer)layer, version);
	html_put(to, "<td>%s</td>", buffer);
}

static void put_library(FILE *to, const struct library_figures *library)
{
	fputs("<tr>", to);
	html_cell_text(to, library->name);
	put_version(to, library->layer, library->version);
	fputs(library->loaded ? "<td>loaded</td>" : "<td class=\"bad\">not loaded</td>", to);
	html_cell_text(to, library->path ? library->path : library->error);
	fputs("</tr>\n", to);
}

void page_libraries(const struct page *page)
{
	static const char *const heads[] = { "Library", "Version", "State",
		"Where, or what the loader said", NULL };
	const struct figures *figures = &page->session->figures;
	char buffer[48] = "";
	struct text text = text_in(buffer, sizeof(buffer));

	if (!figures->n_libraries && !figures->driver.version)
		return;
	frame_table(page->to, "Libraries and versions", figures->n_libraries, heads);
	for (unsigned i = 0; i < figures->n_libraries && i < FRAME_ROWS_MAX; i++)
		put_library(page->to, &figures->libraries[i]);
	frame_table_end(page->to, figures->n_libraries);
	if (!figures->driver.version)
		return;
	layer_version(&text, LAYER_DRIVER, figures->driver.version);
	html_put(page->to, "<p class=\"soft\">The driver is for CUDA %s%s.</p>\n", buffer,
		figures->driver.simulated ? ", and a simulated one" : "");
}

/* What was not seen or not counted: the same words as in the text report. */
void page_gaps(const struct page *page)
{
	char buffer[NOTES_SIZE], *line, *rest = buffer;
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_notes(&text, page->session);
	fputs("<h2>Gaps</h2>\n", page->to);
	if (!text.length) {
		fputs("<p class=\"soft\">None is known: everything that gpuspy watches was "
		      "counted.</p>\n",
			page->to);
		return;
	}
	fputs("<ul class=\"gaps\">\n", page->to);
	while ((line = strsep(&rest, "\n"))) {
		if (strlen(line) <= NOTE_INDENT)
			continue;
		fputs("<li>", page->to);
		html_text(page->to, line + NOTE_INDENT);
		fputs("</li>\n", page->to);
	}
	fputs("</ul>\n", page->to);
}
