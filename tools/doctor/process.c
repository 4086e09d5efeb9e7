/* SPDX-License-Identifier: MIT */
/*
 * gpuspy doctor PID: what a running process, watched or not, has of the GPU.
 */
#include "process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "ground/path.h"
#include "loader/frameworks.h"
#include "probe.h"
#include "report/facts.h"
#include "report/format.h"
#include "report/verdict.h"
#include "segment/snapshot.h"

enum { MOMENT = 500 /* milliseconds between two looks at the counters */ };

/* All that is known. */
struct known {
	struct process_view view;
	struct answer nvml;
	bool nvml_knows; /* NVML works here and sees this machine's processes */
	bool counted;    /* by gpuspy */
	uint64_t kernels, lately;
	enum verdict verdict; /* of what is counted */
	char reason[1600];    /* and its reason, as the report would say */
};

static const struct {
	const char *code, *text;
} verdicts[] = {
	[PROCESS_USES] = { "uses", "uses the GPU" },
	[PROCESS_IDLES] = { "idles", "holds the GPU and idles" },
	[PROCESS_CANNOT] = { "cannot", "cannot use the GPU" },
	[PROCESS_UNUSED] = { "unused", "does not use the GPU" },
	[PROCESS_UNKNOWN] = { "unknown", "uses the GPU or not: it is not to be known" },
};

/* The figures of its segment, if it can be read. */
static int read_segment(
	const struct process_view *view, struct process_snapshot *out, struct arena *arena)
{
	char folder[PATH_MAX];
	const char *name = path_file(view->segment);
	int directory, status;

	if (!*view->segment || snprintf(folder, sizeof(folder), "%s%.*s", view->root,
				       (int)(name - view->segment), view->segment) >= PATH_MAX)
		return -1;
	directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	status = snapshot_read_file(out, arena, directory, name);
	close(directory);
	return status;
}

static void judge(struct known *known, struct process_snapshot *process)
{
	struct session_snapshot session = { .name = "doctor",
		.processes = process,
		.n_processes = 1,
		.figures = process->figures };
	struct judgement judgement;

	verdict_judge(&judgement, &session);
	known->verdict = judgement.verdict;
	snprintf(known->reason, sizeof(known->reason), "%s: %s%s%s", judgement.reason,
		judgement.summary, *judgement.evidence ? "; " : "", judgement.evidence);
}

/* Twice, so that it is seen whether kernels run now. */
static void look_at_counters(struct known *known)
{
	const struct timespec moment = { 0, MOMENT * 1000000 };
	struct arena arena = { NULL };
	struct process_snapshot first, second;

	if (!read_segment(&known->view, &first, &arena)) {
		nanosleep(&moment, NULL);
		known->counted = !read_segment(&known->view, &second, &arena);
	}
	if (known->counted) {
		known->kernels = second.figures.totals.kernels;
		known->lately = known->kernels - first.figures.totals.kernels;
		judge(known, &second);
	}
	arena_free(&arena);
}

static void look_at_nvml(struct known *known)
{
	struct probe probe;

	known->nvml.pid = known->view.pid;
	probe_start(&probe, ask_nvml_process, &known->nvml);
	known->nvml_knows = probe_finish(&probe, doctor_now() + DRIVER_WAIT) == PROBE_ANSWERED &&
			    probe.answer.loaded && !probe.answer.status;
	known->nvml = probe.answer;
}

static enum segment_build build_of(const struct process_view *view)
{
	char path[PATH_MAX];

	/* What lies there now is not what is in the process. */
	if (!*view->framework || view->framework_gone ||
		snprintf(path, sizeof(path), "%s%s", view->root, view->framework) >= PATH_MAX)
		return BUILD_UNKNOWN;
	return framework_build(path);
}

/* What is known, each as a question, with its evidence. */

static bool holds(const struct known *known)
{
	return known->view.device_files || (known->nvml_knows && known->nvml.found);
}

static bool runs_kernels(const struct known *known, struct text *why)
{
	if (!known->counted || !known->kernels)
		return false;
	text_put_counted(why, known->kernels, "kernel", "kernels");
	text_put(why, " so far, ");
	text_put_count(why, known->lately);
	text_put(why, " in the last half second");
	return true;
}

static bool is_busy(const struct known *known, struct text *why)
{
	text_putf(why, "NVML saw it busy on the GPU: %d %% lately", known->nvml.sm);
	return known->nvml_knows && known->nvml.sm > 0;
}

static bool is_of_kernel(const struct known *known, struct text *why)
{
	text_put(why, "it is a thread of the kernel, and no program");
	return known->view.of_kernel;
}

static bool has_ended(const struct known *known, struct text *why)
{
	text_put(why, "it has ended, and its parent has not yet asked how (a zombie)");
	return known->view.state == 'Z' && known->view.threads <= 1;
}

static bool is_closed(const struct known *known, struct text *why)
{
	text_putf(
		why, "/proc/%d cannot be read: ask as its user, or as root", (int)known->view.pid);
	return !known->view.readable && !(known->nvml_knows && known->nvml.found);
}

static bool is_quiet(const struct known *known, struct text *why)
{
	text_put(why, "its device files are open, it has ");
	text_put_bytes(why, known->nvml.memory);
	text_put(why, " of GPU memory, and NVML saw no kernel of it lately");
	return holds(known) && known->nvml_knows && known->nvml.sm_known;
}

static bool is_counted_idle(const struct known *known, struct text *why)
{
	text_put(why, known->reason);
	return known->counted && known->verdict == VERDICT_IDLE;
}

static bool is_counted_without(const struct known *known, struct text *why)
{
	text_put(why, known->reason);
	return known->counted && known->verdict == VERDICT_UNAVAILABLE && !holds(known);
}

static bool is_opaque(const struct known *known, struct text *why)
{
	text_put(why, "it has the driver's device files open, and NVML does not tell what it does "
		      "with them");
	return holds(known);
}

static bool is_simulated(const struct known *known, struct text *why)
{
	text_put(why, "a simulated driver is in it, and nobody counts");
	return known->view.simulated && !known->counted;
}

static bool is_hidden(const struct known *known, struct text *why)
{
	const char *visible = process_variable(&known->view, "CUDA_VISIBLE_DEVICES");

	text_put(why, "it was started with CUDA_VISIBLE_DEVICES=\"");
	text_put_escaped(why, visible ? visible : "", 60);
	text_put(why, "\"");
	return facts_hides_all(visible);
}

static bool is_cpu_build(const struct known *known, struct text *why)
{
	const struct framework *framework = framework_of(known->view.framework);

	if (!framework || build_of(&known->view) != BUILD_CPU)
		return false;
	text_putf(why, "%s %s (", framework->name, framework->cpu);
	text_put_escaped(why, known->view.framework, 200);
	text_put(why, ")");
	return true;
}

static bool is_driver_unused(const struct known *known, struct text *why)
{
	text_put(why, "the driver (");
	text_put_escaped(why, known->view.driver, 200);
	text_put(why, ") is in it, but has no device file open");
	return *known->view.driver && !known->view.simulated;
}

static bool is_without(const struct known *known, struct text *why)
{
	(void)known;
	text_put(why, "no driver is at work in it, and no device file is open");
	return true;
}

/* Counts are exact; then the driver's own word; then the kernel's view; then what hinders. */
static const struct {
	bool (*applies)(const struct known *known, struct text *why);
	enum process_verdict verdict;
} rules[] = {
	{ runs_kernels, PROCESS_USES },
	{ is_busy, PROCESS_USES },
	{ is_of_kernel, PROCESS_UNUSED },
	{ has_ended, PROCESS_UNUSED },
	{ is_closed, PROCESS_UNKNOWN },
	{ is_quiet, PROCESS_IDLES },
	{ is_counted_idle, PROCESS_IDLES },
	{ is_counted_without, PROCESS_CANNOT },
	{ is_opaque, PROCESS_UNKNOWN },
	{ is_simulated, PROCESS_UNKNOWN },
	{ is_hidden, PROCESS_CANNOT },
	{ is_cpu_build, PROCESS_CANNOT },
	{ is_driver_unused, PROCESS_CANNOT },
	{ is_without, PROCESS_UNUSED },
};

static enum process_verdict decide(const struct known *known, char *why, size_t size)
{
	struct text text;
	size_t i = 0;

	do
		text = text_in(why, size);
	while (!rules[i++].applies(known, &text));
	return rules[i - 1].verdict;
}

static void add_mapped(struct doctor *doctor, const struct process_view *view)
{
	if (!view->readable) {
		/* Of a zombie there is nothing to read, and its files are root's. */
		if (view->state == 'Z' && view->threads <= 1)
			return;
		doctor_add(doctor, LEVEL_NOTE, "process", NULL,
			"its libraries, files and environment cannot be read");
		return;
	}
	if (*view->driver)
		doctor_add(doctor, LEVEL_OK, "driver", NULL, "%s%s", view->driver,
			view->simulated ? " (SIMULATED)" : "");
	else
		doctor_add(doctor, LEVEL_NOTE, "driver", NULL, "libcuda is not in the process");
	for (unsigned i = 0; i < view->n_mapped; i++)
		doctor_add(doctor, LEVEL_OK, "library", NULL, "%s", view->mapped[i]);
	doctor_add(doctor, view->device_files ? LEVEL_OK : LEVEL_NOTE, "files", NULL,
		"%u of the driver's device files open or mapped", view->device_files);
}

static void add_environment(struct doctor *doctor, const struct process_view *view)
{
	static const char *const names[] = { "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
		"LD_LIBRARY_PATH" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = process_variable(view, names[i]);

		if (value)
			doctor_add(doctor, LEVEL_NOTE, "variable", NULL,
				"%s=\"%s\" when it was started", names[i], value);
	}
}

static void add_framework(struct doctor *doctor, const struct process_view *view)
{
	const struct framework *framework = framework_of(view->framework);
	const enum segment_build build = build_of(view);

	if (!framework)
		return;
	doctor_add(doctor, build == BUILD_CPU ? LEVEL_PROBLEM : LEVEL_OK, "framework",
		build != BUILD_CPU  ? NULL
		: framework->python ? framework->python
				    : framework->r,
		"%s: %s (%s)", framework->name,
		build == BUILD_CPU   ? "CPU build"
		: build == BUILD_GPU ? "GPU build"
				     : "build unknown",
		view->framework);
}

static void add_nvml(struct doctor *doctor, const struct known *known)
{
	const struct answer *nvml = &known->nvml;

	if (!known->nvml_knows)
		doctor_add(doctor, LEVEL_NOTE, "nvml", NULL, "NVML is not to be had here");
	else if (!nvml->found)
		doctor_add(doctor, LEVEL_NOTE, "nvml", NULL,
			"NVML does not list the process (from another pid namespace it cannot)");
	else
		doctor_add(doctor, LEVEL_OK, "nvml", NULL, "%llu MiB of memory%s",
			(unsigned long long)nvml->memory >> 20,
			nvml->sm > 0     ? ", busy lately"
			: nvml->sm_known ? ", no kernel lately"
					 : "; it does not tell how busy processes are");
	if (nvml->accounted)
		doctor_add(doctor, LEVEL_OK, "nvml", NULL,
			"accounting: busy %d %% over its life, at most %llu MiB", nvml->account_sm,
			(unsigned long long)nvml->account_memory >> 20);
}

static void add_watch(struct doctor *doctor, const struct known *known)
{
	if (known->counted)
		doctor_add(doctor, LEVEL_OK, "gpuspy", NULL, "watched: %llu kernels; %s",
			(unsigned long long)known->kernels, known->reason);
	else if (known->view.watched)
		doctor_add(doctor, LEVEL_NOTE, "gpuspy", NULL,
			*known->view.segment ? "watched, but its figures cannot be read"
					     : "watched; it has not touched CUDA, or has no place "
					       "for its figures");
	else if (known->view.readable && !known->view.of_kernel)
		doctor_add(doctor, LEVEL_NOTE, "gpuspy", "start it by gpuspy run", "not watched");
}

int process_findings(struct doctor *doctor, pid_t pid)
{
	struct known *known = calloc(1, sizeof(*known));
	char why[2048], *told;

	if (!known || process_look(&known->view, pid)) {
		free(known);
		return -1;
	}
	look_at_nvml(known);
	look_at_counters(known);
	doctor->process = decide(known, why, sizeof(why));
	doctor->code = verdicts[doctor->process].code;
	if (asprintf(&told, "process %d (%s) %s: %s", (int)pid, known->view.command,
		    verdicts[doctor->process].text, why) >= 0)
		doctor->summary = told;
	doctor->usable = doctor->process == PROCESS_USES;
	doctor->simulated = known->view.simulated;
	add_mapped(doctor, &known->view);
	add_nvml(doctor, known);
	add_watch(doctor, known);
	add_framework(doctor, &known->view);
	add_environment(doctor, &known->view);
	process_forget(&known->view);
	free(known);
	return 0;
}
