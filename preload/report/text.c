/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <signal.h>
#include <string.h>

#include "../segment/summed.h"
#include "errors.h"
#include "facts.h"
#include "job.h"

enum {
	LINE_COLUMNS = 100,
	COMMAND_COLUMNS = 60,
	NAME_COLUMNS = 48,
	DEVICES_SHOWN = 16,
	KERNELS_SHOWN = 6,
	ERRORS_SHOWN = 8,
	PROCESSES_SHOWN = 6,
};

/* A list of items after a label, several in a line. */
struct list {
	struct text *text;
	size_t line; /* where the line began */
	bool begun;
};

static struct list list_begin(struct text *text, const char *label)
{
	struct list list = { text, text->length, false };

	text_putf(text, "  %-9s ", label);
	return list;
}

static void list_put(struct list *list, const char *item)
{
	size_t column = list->text->length - list->line;

	if (list->begun && column + 3 + strlen(item) > LINE_COLUMNS) {
		text_put(list->text, "\n");
		list->line = list->text->length;
		text_put(list->text, "            ");
	} else if (list->begun) {
		text_put(list->text, "   ");
	}
	text_put(list->text, item);
	list->begun = true;
}

static void list_end(struct list *list, uint64_t left_out)
{
	char buffer[64];
	struct text item = text_in(buffer, sizeof(buffer));

	if (left_out) {
		text_put(&item, "... ");
		text_put_count(&item, left_out);
		text_put(&item, " more");
		list_put(list, buffer);
	}
	text_put(list->text, "\n");
}

/* The process that the session began with. */
static const struct process_snapshot *first_process(const struct session_snapshot *session)
{
	return session->n_processes ? &session->processes[0] : NULL;
}

static void put_job(struct text *text, const struct session_snapshot *session)
{
	size_t before = text->length;

	job_put(text, session);
	if (text->length != before)
		text_put(text, ", ");
}

static void put_process(struct text *text, const struct session_snapshot *session)
{
	const struct process_snapshot *process = first_process(session);
	double seconds;

	if (!process)
		return;
	seconds = snapshot_seconds(session, process);
	text_put(text, "  (");
	put_job(text, session);
	if (process->command) {
		text_put_command(text, process->command, COMMAND_COLUMNS);
		text_put(text, ", ");
	}
	text_putf(text, "pid %d", (int)process->pid);
	if (seconds >= 0) {
		text_put(text, process->state == PROCESS_RUNNING ? ", running for " : ", ");
		text_put_seconds(text, seconds);
	}
	text_put(text, ")");
}

static void put_headline(struct text *text, const struct session_snapshot *session,
	const struct judgement *judgement)
{
	text_putf(text, "gpuspy: GPU work: %s  %s", judgement->headline,
		session->figures.driver.simulated ? "SIMULATED  " : "");
	text_put(text, judgement->summary);
	put_process(text, session);
	text_put(text, "\n");
}

static const struct {
	int signal;
	char name[8];
} signals[] = { { SIGHUP, "SIGHUP" }, { SIGINT, "SIGINT" }, { SIGQUIT, "SIGQUIT" },
	{ SIGILL, "SIGILL" }, { SIGABRT, "SIGABRT" }, { SIGBUS, "SIGBUS" }, { SIGFPE, "SIGFPE" },
	{ SIGKILL, "SIGKILL" }, { SIGSEGV, "SIGSEGV" }, { SIGPIPE, "SIGPIPE" },
	{ SIGALRM, "SIGALRM" }, { SIGTERM, "SIGTERM" }, { SIGUSR1, "SIGUSR1" },
	{ SIGUSR2, "SIGUSR2" }, { SIGXCPU, "SIGXCPU" }, { SIGXFSZ, "SIGXFSZ" },
	{ SIGTRAP, "SIGTRAP" }, { SIGSYS, "SIGSYS" } };

static void put_signal(struct text *text, int number)
{
	text_putf(text, "  ended     killed by signal %d", number);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (signals[i].signal == number)
			text_putf(text, ", %s", signals[i].name);
	if (number == SIGKILL)
		text_put(text, " (kill -9, or out of memory: see dmesg)");
	text_put(text, "\n");
}

/* An unusual end is the first thing to know. */
static void put_end(struct text *text, const struct session_snapshot *session)
{
	const struct process_snapshot *process = first_process(session);

	if (!process)
		return;
	if (process->state == PROCESS_KILLED) {
		put_signal(text, process->signal);
	} else if (process->state == PROCESS_EXITED && process->exit_status > 0) {
		text_putf(text, "  ended     with status %d\n", process->exit_status);
	} else if (process->state == PROCESS_ENDED) {
		text_put(text,
			"  ended     without a word: killed, crashed, or left by a way that cannot "
			"be seen\n");
	} else if (process->state == PROCESS_ELSEWHERE) {
		text_put(text, "  runs      on another host or in another container, or did: that "
			       "cannot be seen from here\n");
	}
}

static void put_line(struct text *text, const char *label, const char *line)
{
	if (!*line)
		return;
	text_putf(text, "  %-9s ", label);
	text_put(text, line);
	text_put(text, "\n");
}

static void put_device_memory(struct text *text, const struct device_figures *device, bool live)
{
	if (live) {
		text_put(text, "memory ");
		text_put_bytes(text, device->memory.live_bytes);
		text_put(text, ", ");
	}
	text_put(text, live ? "peak " : "peak memory ");
	if (device->peak_at_least)
		text_put(text, "at least ");
	text_put_bytes(text, device->memory.peak_bytes);
	if (device->total_bytes) {
		text_put(text, " of ");
		text_put_bytes(text, device->total_bytes);
	}
}

static void put_devices(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;
	unsigned shown = 0;

	for (unsigned i = 0; i < figures->n_devices && shown < DEVICES_SHOWN; i++) {
		const struct device_figures *device = &figures->devices[i];

		if (!device->kernels && !device->memory.allocations)
			continue;
		shown++;
		text_putf(text, "  device %-2d ", device->ordinal);
		text_put_escaped(
			text, device->name ? device->name : "(name unknown)", NAME_COLUMNS);
		text_put(text, "   ");
		text_put_counted(text, device->kernels, "kernel", "kernels");
		text_put(text, "   ");
		put_device_memory(text, device, facts_running(session));
		text_put(text, "\n");
	}
}

static void put_copies(struct text *text, const struct totals *totals)
{
	static const char names[COPY_KINDS][24] = { "to device", "back", "on device",
		"between devices", "unified", "memset" };
	struct list list;
	bool any = false;

	for (int i = 0; i < COPY_KINDS; i++)
		any |= totals->copies[i].calls != 0;
	if (!any)
		return;
	list = list_begin(text, "copies");
	for (int i = 0; i < COPY_KINDS; i++) {
		char buffer[128];
		struct text item = text_in(buffer, sizeof(buffer));

		if (!totals->copies[i].calls)
			continue;
		text_putf(&item, "%s ", names[i]);
		text_put_bytes(&item, totals->copies[i].bytes);
		text_put(&item, " in ");
		text_put_count(&item, totals->copies[i].calls);
		list_put(&list, buffer);
	}
	list_end(&list, 0);
}

static void put_recorded(struct text *text, const struct recorded_times *recorded)
{
	text_put(text, ", the last after ");
	text_put_seconds(text, recorded->last_kernel);
	if (recorded->longest_pause >= 0) {
		text_put(text, "   longest pause ");
		text_put_seconds(text, recorded->longest_pause);
		text_put(text, " from ");
		text_put_seconds(text, recorded->pause_from);
		text_put(text, " on");
	}
	if (recorded->busy >= 0)
		text_putf(text, "   %u %% of the time with kernels",
			(unsigned)(recorded->busy * 100 + 0.5));
}

/* How much of the time was start-up. */
static void put_times(struct text *text, const struct session_snapshot *session)
{
	double first = snapshot_first_kernel(session), all = snapshot_session_seconds(session);

	if (first < 0 || all < first)
		return;
	text_put(text, "  time      first kernel after ");
	text_put_seconds(text, first);
	text_put(text, " of ");
	text_put_seconds(text, all);
	if (session->recorded.known)
		put_recorded(text, &session->recorded);
	text_put(text, "\n");
}

static void put_graphs(struct text *text, const struct totals *totals)
{
	if (!totals->graph_launches && !totals->captured_launches)
		return;
	text_put(text, "  graphs    ");
	text_put_counted(text, totals->graph_launches, "graph launch", "graph launches");
	text_put(text, " ran ");
	text_put_count(text, totals->graph_kernels);
	text_put(text, " of the kernels, ");
	text_put_counted(text, totals->captured_launches, "launch", "launches");
	text_put(text, " recorded\n");
}

static void put_layer(struct text *item, const struct figures *figures, enum segment_layer layer)
{
	const struct library_figures *library = facts_layer_library(figures, layer);
	uint32_t version = library ? library->version : 0;

	text_putf(item, "%s ", layer_title(layer));
	text_put_counted(item, figures->totals.calls[layer], "call", "calls");
	if (layer == LAYER_DRIVER)
		version = figures->driver.version;
	if (!library && !version)
		return;
	text_put(item, " (");
	if (library)
		text_put_escaped(item, library->name, NAME_COLUMNS);
	if (version) {
		text_put(item, library ? ", " : "");
		text_put(item, layer == LAYER_DRIVER ? "CUDA " : "version ");
		layer_version(item, layer, version);
	}
	text_put(item, ")");
}

static void put_layers(struct text *text, const struct figures *figures)
{
	struct list list = list_begin(text, "calls");

	for (int layer = 0; layer < LAYERS; layer++) {
		char buffer[768];
		struct text item = text_in(buffer, sizeof(buffer));

		if (!figures->totals.calls[layer])
			continue;
		put_layer(&item, figures, layer);
		list_put(&list, buffer);
	}
	list_end(&list, 0);
}

static void put_kernels(struct text *text, const struct figures *figures)
{
	struct list list;
	unsigned shown = 0;

	if (!figures->n_kernels)
		return;
	list = list_begin(text, "kernels");
	for (; shown < figures->n_kernels && shown < KERNELS_SHOWN; shown++) {
		char buffer[768];
		struct text item = text_in(buffer, sizeof(buffer));

		text_put_escaped(&item, figures->kernels[shown].name, NAME_COLUMNS);
		text_put(&item, " ");
		text_put_count(&item, figures->kernels[shown].launches);
		list_put(&list, buffer);
	}
	list_end(&list, figures->n_kernels - shown);
}

static void put_failing(struct list *list, const struct function_figures *function)
{
	char buffer[768], unknown[ERROR_NAME_MAX];
	struct text item = text_in(buffer, sizeof(buffer));

	text_put_escaped(&item, function->name, NAME_COLUMNS);
	text_put(&item, " ");
	text_put_count(&item, function->errors);
	if (function->last_error)
		text_putf(
			&item, " (%s)", error_name(function->layer, function->last_error, unknown));
	list_put(list, buffer);
}

static void put_errors(struct text *text, const struct figures *figures)
{
	struct list list = list_begin(text, "errors");
	unsigned shown = 0, failing = 0;

	for (unsigned i = 0; i < figures->n_functions; i++) {
		if (!figures->functions[i].errors)
			continue;
		if (failing++ >= ERRORS_SHOWN)
			continue;
		put_failing(&list, &figures->functions[i]);
		shown++;
	}
	if (!failing)
		list_put(&list, "none");
	list_end(&list, failing - shown);
}

static void put_one_process(struct list *list, const struct process_snapshot *process)
{
	char buffer[512];
	struct text item = text_in(buffer, sizeof(buffer));

	text_putf(&item, "%d ", (int)process->pid);
	text_put_command(&item, process->command ? process->command : "?", 24);
	text_put(&item, ": ");
	text_put_counted(&item, process->figures.totals.kernels, "kernel", "kernels");
	if (process->state == PROCESS_RUNNING)
		text_put(&item, ", running");
	list_put(list, buffer);
}

static void put_processes(struct text *text, const struct session_snapshot *session)
{
	struct list list;
	unsigned shown = 0;

	if (session->n_processes < 2)
		return;
	list = list_begin(text, "processes");
	for (; shown < session->n_processes && shown < PROCESSES_SHOWN; shown++)
		put_one_process(&list, &session->processes[shown]);
	list_end(&list, session->n_processes - shown);
}

static void put_folded(struct text *text, uint64_t folded)
{
	if (!folded)
		return;
	text_put(text, "  besides   ");
	text_put_counted(text, folded, "more process", "more processes");
	text_put(text, " ended that had nothing to do with CUDA\n");
}

static void put_summed(struct text *text, const struct summed *summed)
{
	if (!summed)
		return;
	text_put(text, "  besides   ");
	text_put_counted(text, summed->processes, "more program", "more programs");
	text_put(text, " that ended: ");
	text_put_counted(text, summed->figures.totals.kernels, "kernel", "kernels");
	text_put(text, "\n");
}

size_t text_report(char *to, size_t size, const struct session_snapshot *session,
	const struct judgement *judgement)
{
	const struct figures *figures = &session->figures;
	struct text text = text_in(to, size);

	put_headline(&text, session, judgement);
	text_put_attached(&text, session);
	put_end(&text, session);
	put_line(&text, "evidence", judgement->evidence);
	for (unsigned i = 0; i < judgement->n_also; i++)
		put_line(&text, "also", judgement->also[i].summary);
	put_line(&text, "next", judgement->advice);
	if (figures->totals.kernels) {
		put_times(&text, session);
		put_devices(&text, session);
		put_copies(&text, &figures->totals);
		put_graphs(&text, &figures->totals);
		put_layers(&text, figures);
		put_kernels(&text, figures);
		put_errors(&text, figures);
	}
	put_processes(&text, session);
	put_summed(&text, session->summed);
	put_folded(&text, session->folded);
	text_put_notes(&text, session);
	if (text.full) {
		char *end = strrchr(to, '\n');

		text.length = end ? (size_t)(end + 1 - to) : 0;
		to[text.length] = 0;
	}
	return text.length;
}
