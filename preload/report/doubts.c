/* SPDX-License-Identifier: MIT */
#include "doubts.h"

#include <string.h>

#include "../cuda/interfaces.h"
#include "facts.h"
#include "gaps.h"

/*
 * What the second witness saw and the counts do not explain, of one process. A forked child has the
 * files and libraries of its parent, which answers for them itself.
 */
enum unexplained {
	NOTHING,
	HIDDEN_DRIVER,   /* a driver of another namespace */
	UNKNOWN_DRIVER,  /* a driver that gpuspy did not see come */
	UNKNOWN_FILES,   /* device files, and the driver was not initialised */
	OPENED_FILES,    /* the same, by the program itself, at any time */
	UNKNOWN_CONTEXT, /* the driver has a context that nobody was seen to make */
	UNUSED_KERNELS,  /* kernels were fetched, and put to no use that was seen */
};

static bool made_context(const struct figures *figures)
{
	/* A green context retains the primary one. */
	static const char *const makers[] = { "cuDevicePrimaryCtxRetain", "cuGLCtxCreate",
		"cuGreenCtxCreate" };

	for (unsigned i = 0; i < figures->n_functions; i++)
		for (size_t k = 0; k < sizeof(makers) / sizeof(*makers); k++)
			if (figures->functions[i].calls &&
				!strncmp(figures->functions[i].name, makers[k], strlen(makers[k])))
				return true;
	return false;
}

static bool called(const struct figures *figures, const char *const *names)
{
	for (unsigned i = 0; i < figures->n_functions; i++)
		for (const char *const *name = names; *name; name++)
			if (figures->functions[i].calls > figures->functions[i].errors &&
				!strncmp(figures->functions[i].name, *name, strlen(*name)))
				return true;
	return false;
}

/*
 * A program that finds the driver's functions by reading its tables of symbols itself launches
 * without being seen. What it launches it must have fetched; and who found a launch in a way that
 * is counted has no need of another.
 */
static bool left_kernels_unused(const struct figures *figures)
{
	static const char *const fetch[] = { "cuModuleGetFunction", "cuLibraryGetKernel",
		"cuKernelGetFunction", "cuModuleEnumerateFunctions", "cuLibraryEnumerateKernels",
		NULL };
	static const char *const use[] = { "cuGraphAdd", "cuFuncGetAttribute",
		"cuKernelGetAttribute", "cuOccupancy", NULL };

	return !figures->driver.launch_found && !figures->gaps[GAP_UNKNOWN_FUNCTION] &&
	       called(figures, fetch) && !called(figures, use);
}

/* NVML and OpenGL open device files too, but not those by which CUDA computes. */
static bool files_explained(const struct figures *figures)
{
	const uint32_t computing = FILE_UVM | FILE_SIMULATED;
	const uint32_t users = INTERFACE_NVML | INTERFACE_GRAPHICS;
	uint32_t files = figures->witness.files & ~(uint32_t)FILE_KFD;

	if (!files || figures->driver.init_calls)
		return true;
	return !(files & computing) && (figures->witness.interfaces & users);
}

enum ancestry { STARTED, FORKED };

static enum unexplained unexplained(const struct figures *figures, enum ancestry ancestry)
{
	const struct segment_witness *witness = &figures->witness;

	if (figures->totals.kernels)
		return NOTHING;
	if (witness->drivers_hidden)
		return HIDDEN_DRIVER;
	if ((witness->files & FILE_OPENED) && !figures->driver.init_calls)
		return OPENED_FILES;
	if (ancestry == FORKED)
		return NOTHING;
	if (witness->drivers && !facts_driver_loaded(figures))
		return UNKNOWN_DRIVER;
	if (!files_explained(figures))
		return UNKNOWN_FILES;
	if (witness->contexts && !made_context(figures))
		return UNKNOWN_CONTEXT;
	return left_kernels_unused(figures) ? UNUSED_KERNELS : NOTHING;
}

static enum unexplained unexplained_of(const struct process_snapshot *process)
{
	return unexplained(&process->figures, process->forked ? FORKED : STARTED);
}

bool doubts_explained(const struct process_snapshot *process)
{
	return unexplained_of(process) == NOTHING;
}

/* The first process with something unexplained; its number in `at`, if there is a list. */
static enum unexplained first_unexplained(const struct session_snapshot *session, unsigned *at)
{
	enum unexplained what;

	*at = 0;
	if (!session->n_processes)
		return unexplained(&session->figures, STARTED);
	for (unsigned i = 0; i < session->n_processes; i++) {
		const struct process_snapshot *process = &session->processes[i];

		what = unexplained_of(process);
		*at = i;
		if (what)
			return what;
	}
	return NOTHING;
}

static bool seen_otherwise(const struct session_snapshot *session)
{
	unsigned at;

	return first_unexplained(session, &at) != NOTHING;
}

static bool other_api(const struct session_snapshot *session)
{
	const struct segment_witness *witness = &session->figures.witness;

	return interfaces_compute(witness->interfaces) || (witness->files & FILE_KFD);
}

/* The first gap that hides kernels for that reason; GAPS: none. */
static enum gap gap_for(const struct session_snapshot *session, const char *reason)
{
	for (int i = 0; i < GAPS; i++)
		if (gap_kinds[i].reason && !strcmp(gap_kinds[i].reason, reason) &&
			gap_of_session(session, (enum gap)i))
			return (enum gap)i;
	return GAPS;
}

static bool attached_late(const struct session_snapshot *session)
{
	return gap_for(session, "attached-late") != GAPS;
}

static bool no_record(const struct session_snapshot *session)
{
	return gap_for(session, "no-record") != GAPS;
}

static bool still_running(const struct session_snapshot *session)
{
	return gap_for(session, "still-running") != GAPS;
}

static bool not_counted(const struct session_snapshot *session)
{
	return gap_for(session, "not-counted") != GAPS;
}

static bool no_witness(const struct session_snapshot *session)
{
	return gap_for(session, "no-witness") != GAPS;
}

static void say_attached_late(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "no kernel was seen since gpuspy was attached, but the GPU's driver was "
		       "there before");
}

static void say_other_api(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "no CUDA kernel ran, but the program had another way to the GPU, which is "
		       "not counted");
}

static void say_seen_otherwise(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "no kernel was counted, but at its end the program had more of the GPU than "
		       "its calls explain");
}

static void say_no_record(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "no kernel was seen, but not all that ran left a record that can be read");
}

static void say_still_running(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text,
		"no kernel was seen till the command ended, and something that it started went on");
}

static void say_not_counted(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "no kernel was seen, but something was not counted that could be one");
}

static void say_no_witness(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "no kernel was seen, but the program could use the GPU, and nobody could "
		       "look at its end");
}

static void show_other_api(struct text *text, const struct session_snapshot *session)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = { { INTERFACE_OPENCL, "OpenCL" }, { INTERFACE_VULKAN_ICD, "Vulkan" },
		{ INTERFACE_VIDEO, "NVIDIA's video codec" }, { INTERFACE_OPTIX, "OptiX" },
		{ INTERFACE_ROCM, "ROCm" }, { INTERFACE_LEVEL_ZERO, "Level Zero" } };
	const struct segment_witness *witness = &session->figures.witness;
	uint32_t interfaces = witness->interfaces;
	const char *before = "";

	if (!(interfaces & INTERFACE_VULKAN))
		interfaces &= ~(uint32_t)INTERFACE_VULKAN_ICD;
	if (witness->files & FILE_KFD)
		interfaces |= INTERFACE_ROCM;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(interfaces & names[i].bit))
			continue;
		text_put(text, before);
		text_put(text, names[i].name);
		before = ", ";
	}
	text_put(text, " was loaded for a GPU");
}

static void show_unexplained(struct text *text, const struct session_snapshot *session)
{
	static const char *const words[] = {
		[NOTHING] = "",
		[HIDDEN_DRIVER] =
			"a second libcuda is loaded where gpuspy does not reach (dlmopen)",
		[UNKNOWN_DRIVER] = "libcuda is loaded, and gpuspy did not see it come",
		[UNKNOWN_FILES] = "the GPU's device files are open, and cuInit was not called",
		[OPENED_FILES] = "the program itself opened the GPU's device files, and cuInit was "
				 "not called",
		[UNKNOWN_CONTEXT] =
			"the driver has an active context, and none was seen to be made",
		[UNUSED_KERNELS] = "kernels were fetched from the driver, and put to no use that "
				   "was seen: the program may know other ways to launch",
	};
	unsigned at;
	enum unexplained what = first_unexplained(session, &at);

	text_put(text, words[what]);
	if (session->n_processes > 1)
		text_putf(text, " (process %d)", (int)session->processes[at].pid);
}

static void show_gap(struct text *text, const struct session_snapshot *session, const char *reason)
{
	enum gap gap = gap_for(session, reason);

	gap_put(text, gap, gap_of_session(session, gap));
}

static void advise_gap(
	struct text *text, const struct session_snapshot *session, const char *reason)
{
	const char *advice = gap_kinds[gap_for(session, reason)].advice;

	text_put(text, advice ? advice : "");
}

/* Where there is no file, why not is the thing to know. */
static enum gap cause(const struct session_snapshot *session)
{
	for (int i = GAP_NO_SPACE; i < GAP_NO_FILE; i++)
		if (gap_of_session(session, (enum gap)i))
			return (enum gap)i;
	return GAPS;
}

static void show_no_record(struct text *text, const struct session_snapshot *session)
{
	enum gap why = cause(session);

	if (why != GAPS) {
		gap_put(text, why, gap_of_session(session, why));
		text_put(text, ": ");
	}
	show_gap(text, session, "no-record");
}

static void advise_no_record(struct text *text, const struct session_snapshot *session)
{
	enum gap why = cause(session);

	if (why != GAPS)
		text_put(text, gap_kinds[why].advice);
	else
		advise_gap(text, session, "no-record");
}

static void show_still_running(struct text *text, const struct session_snapshot *session)
{
	show_gap(text, session, "still-running");
}

static void advise_still_running(struct text *text, const struct session_snapshot *session)
{
	advise_gap(text, session, "still-running");
}

static void show_attached_late(struct text *text, const struct session_snapshot *session)
{
	show_gap(text, session, "attached-late");
}

static void advise_attached_late(struct text *text, const struct session_snapshot *session)
{
	advise_gap(text, session, "attached-late");
}

static void show_not_counted(struct text *text, const struct session_snapshot *session)
{
	show_gap(text, session, "not-counted");
}

static void advise_not_counted(struct text *text, const struct session_snapshot *session)
{
	advise_gap(text, session, "not-counted");
}

static void show_no_witness(struct text *text, const struct session_snapshot *session)
{
	show_gap(text, session, "no-witness");
}

static void advise_no_witness(struct text *text, const struct session_snapshot *session)
{
	advise_gap(text, session, "no-witness");
}

static void advise_other_api(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "nvidia-smi shows the processes that compute while it runs; gpuspy counts "
		       "CUDA only");
}

static void advise_seen_otherwise(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "nvidia-smi shows the processes that compute while it runs; please report "
		       "it, with gpuspy report --json");
}

static const struct doubt doubts[] = {
	{ "attached-late", attached_late, say_attached_late, show_attached_late,
		advise_attached_late },
	{ "other-api", other_api, say_other_api, show_other_api, advise_other_api },
	{ "seen-otherwise", seen_otherwise, say_seen_otherwise, show_unexplained,
		advise_seen_otherwise },
	{ "still-running", still_running, say_still_running, show_still_running,
		advise_still_running },
	{ "no-record", no_record, say_no_record, show_no_record, advise_no_record },
	{ "not-counted", not_counted, say_not_counted, show_not_counted, advise_not_counted },
	{ "no-witness", no_witness, say_no_witness, show_no_witness, advise_no_witness },
};

const struct doubt *doubt_of(const struct session_snapshot *session)
{
	for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
		if (doubts[i].applies(session))
			return &doubts[i];
	return NULL;
}

bool doubts_more(const struct session_snapshot *session)
{
	return attached_late(session) || still_running(session) || no_record(session) ||
	       not_counted(session);
}

const char *doubts_reason(unsigned number)
{
	return number < sizeof(doubts) / sizeof(*doubts) ? doubts[number].reason : NULL;
}
