/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "harness.h"
#include "report/gaps.h"
#include "report/in_r.h"
#include "report/verdict.h"

static struct library_figures libraries[4];
static struct function_figures functions[2];
static struct device_figures device = { .name = "NVIDIA H200", .kernels = 1 };

static struct session_snapshot nothing(void)
{
	struct session_snapshot s = { .name = "1-2" };

	memset(libraries, 0, sizeof(libraries));
	memset(functions, 0, sizeof(functions));
	s.figures.driver.device_count = -1;
	s.figures.libraries = libraries;
	s.figures.functions = functions;
	s.figures.devices = &device;
	return s;
}

static struct library_figures *library(struct session_snapshot *s, const char *name, bool loaded)
{
	struct library_figures *added = &libraries[s->figures.n_libraries++];

	*added = (struct library_figures){
		.name = name, .loaded = loaded, .asked = 1, .layer = LAYERS
	};
	s->figures.driver.nvidia_code = true;
	return added;
}

static void add_failing(
	struct session_snapshot *s, enum segment_layer layer, const char *name, int status)
{
	functions[s->figures.n_functions++] = (struct function_figures){ .layer = layer,
		.library = "lib",
		.name = name,
		.calls = 3,
		.errors = 2,
		.last_error = status };
	s->figures.totals.errors += 2;
	s->figures.totals.calls[layer] += 3;
}

static void init(struct session_snapshot *s, int status)
{
	s->figures.driver.init_calls = 1;
	s->figures.driver.init_status = status;
	s->figures.driver.init_ok = status == 0;
	s->figures.driver.nvidia_code = true;
	s->figures.driver.path = "/usr/lib/libcuda.so.1";
	s->figures.totals.calls[LAYER_DRIVER]++;
	if (!status)
		s->figures.driver.device_count = 1;
}

static void kernels(struct session_snapshot *s, uint64_t launched, uint64_t confirmed)
{
	init(s, 0);
	s->figures.totals.kernels = s->figures.totals.launches = launched;
	s->figures.totals.confirmed = confirmed;
	s->figures.n_devices = 1;
}

/* Each situation, and what is to be said about it. */
static struct session_snapshot worked(void)
{
	struct session_snapshot s = nothing();

	kernels(&s, 12345, 12345);
	return s;
}

static struct session_snapshot worked_in_part(void)
{
	struct session_snapshot s = nothing();

	kernels(&s, 12345, 12000);
	return s;
}

static struct session_snapshot no_sync(void)
{
	struct session_snapshot s = nothing();

	kernels(&s, 1, 0);
	return s;
}

static struct session_snapshot fault(void)
{
	struct session_snapshot s = nothing();

	kernels(&s, 5, 4);
	s.figures.driver.fault_status = 700;
	s.figures.driver.fault_name = "cuStreamSynchronize";
	s.figures.totals.faults = 3;
	return s;
}

static struct session_snapshot fault_unconfirmed(void)
{
	struct session_snapshot s = fault();

	s.figures.totals.confirmed = 0;
	return s;
}

static struct session_snapshot no_kernel(void)
{
	struct session_snapshot s = nothing();

	init(&s, 0);
	s.figures.totals.memory.allocations = 3;
	s.figures.totals.memory.allocated_bytes = s.figures.totals.memory.peak_bytes = 3ull << 30;
	return s;
}

static struct session_snapshot out_of_memory(void)
{
	struct session_snapshot s = no_kernel();

	add_failing(&s, LAYER_DRIVER, "cuMemAlloc_v2", 2);
	return s;
}

static struct session_snapshot captured_only(void)
{
	struct session_snapshot s = no_kernel();

	s.figures.totals.captured_launches = 9;
	return s;
}

/* Three captures: one ended well, two were broken by a call that is not allowed meanwhile. */
static struct session_snapshot broken_captures(void)
{
	struct session_snapshot s = captured_only();

	add_failing(&s, LAYER_DRIVER, "cuStreamEndCapture", 901);
	functions[s.figures.n_functions++] = (struct function_figures){ .layer = LAYER_DRIVER,
		.library = "libcuda.so.1",
		.name = "cuStreamBeginCapture_v2",
		.calls = 3 };
	return s;
}

/* The same, with ends that end nothing. */
static struct session_snapshot open_captures(void)
{
	struct session_snapshot s = broken_captures();

	functions[0].last_error = 908;
	return s;
}

static struct session_snapshot driver_asked(void)
{
	struct session_snapshot s = nothing();
	struct library_figures *l = library(&s, "libcuda.so.1", false);

	l->error = "libcuda.so.1: cannot open shared object file";
	l->asker = "libtorch_cuda.so";
	return s;
}

static struct session_snapshot driver_absent_for_runtime(void)
{
	struct session_snapshot s = nothing();

	library(&s, "libcudart.so.13", true);
	add_failing(&s, LAYER_RUNTIME, "cudaGetDeviceCount", 35);
	s.figures.driver.runtime_error = 35;
	return s;
}

static struct session_snapshot stub(void)
{
	struct session_snapshot s = nothing();

	init(&s, 34);
	s.figures.driver.path = "/usr/local/cuda/lib64/stubs/libcuda.so";
	return s;
}

static struct session_snapshot stub_for_runtime(void)
{
	struct session_snapshot s = nothing();

	library(&s, "libcuda.so.1", true);
	s.figures.driver.runtime_error = 34;
	return s;
}

static struct session_snapshot too_old(void)
{
	struct session_snapshot s = nothing();

	init(&s, 0);
	s.figures.driver.version = 12020;
	s.figures.driver.runtime_error = 35;
	library(&s, "libcudart.so.13", true)->layer = LAYER_RUNTIME;
	return s;
}

static struct session_snapshot mismatch(void)
{
	struct session_snapshot s = nothing();

	init(&s, 803);
	return s;
}

static struct session_snapshot compat(void)
{
	struct session_snapshot s = nothing();

	init(&s, 804);
	return s;
}

static struct session_snapshot no_device(void)
{
	struct session_snapshot s = nothing();

	init(&s, 100);
	s.figures.driver.visible = "0,1";
	return s;
}

/* One that the driver brings, one that only is not found, one that is nowhere. */
static struct session_snapshot three_missing(void)
{
	struct session_snapshot s = nothing();
	static const char error[] =
		"cannot open shared object file: No such file or directory (needed by /x.so)";

	s.figures.n_libraries = 3;
	libraries[0] = (struct library_figures){ .name = "libnvidia-ml.so.1", .asked = true };
	libraries[1] = (struct library_figures){
		.name = "libcufft.so.11", .asked = true, .path = "/venv/cufft/lib/libcufft.so.11"
	};
	libraries[2] = (struct library_figures){ .name = "libcurand.so.10", .asked = true };
	for (int i = 0; i < 3; i++)
		libraries[i].error = error;
	return s;
}

/* LD_LIBRARY_PATH is no help there. */
static struct session_snapshot older_by_rpath(void)
{
	struct session_snapshot s = nothing();

	s.figures.n_libraries = 1;
	libraries[0] = (struct library_figures){ .name = "libcusolver.so.11",
		.asked = true,
		.path = "/x/libcusolver.so.11",
		.error = "version `a' not found; /old/liba.so came first (an RPATH), /new/liba.so "
			 "has it" };
	return s;
}

/* Another libcuda than the loaded one, which somebody's folder hides. */
static struct session_snapshot other_driver(void)
{
	struct session_snapshot s = nothing();

	init(&s, 100);
	s.figures.n_libraries = 1;
	libraries[0] = (struct library_figures){ .name = "libcuda.so.1",
		.path = "/usr/lib/libcuda.so.1",
		.error = "R_LD_LIBRARY_PATH puts /old/ first" };
	return s;
}

static struct session_snapshot other_driver_of_nobody(void)
{
	struct session_snapshot s = other_driver();

	libraries[0].error = " first puts";
	return s;
}

/* Python's TensorFlow, called from R. */
static struct session_snapshot cpu_build_by(const char *program)
{
	static struct process_snapshot process;
	struct session_snapshot s = nothing();

	process.program = program;
	s.processes = &process;
	s.n_processes = 1;
	s.figures.driver.framework =
		"/venv/lib/python3.11/site-packages/tensorflow/libtensorflow_framework.so.2";
	s.figures.driver.build = BUILD_CPU;
	return s;
}

static struct session_snapshot cpu_build_in_r(void)
{
	return cpu_build_by("/usr/lib/R/bin/exec/R");
}

static struct session_snapshot cpu_build_in_python(void)
{
	return cpu_build_by("/usr/bin/python3");
}

static struct session_snapshot counts_none(void)
{
	struct session_snapshot s = nothing();

	init(&s, 0);
	s.figures.driver.device_count = 0;
	return s;
}

static struct session_snapshot hidden_empty(void)
{
	struct session_snapshot s = nothing();

	init(&s, 100);
	s.figures.driver.visible = "";
	return s;
}

static struct session_snapshot hidden_minus(void)
{
	struct session_snapshot s = counts_none();

	s.figures.driver.visible = "-1";
	return s;
}

static struct session_snapshot hidden_number(void)
{
	struct session_snapshot s = nothing();

	init(&s, 100);
	s.figures.driver.visible = "7";
	return s;
}

static struct session_snapshot unknown_error(void)
{
	struct session_snapshot s = nothing();

	init(&s, 999);
	return s;
}

static struct session_snapshot unheard_of_error(void)
{
	struct session_snapshot s = nothing();

	init(&s, 4711);
	return s;
}

static struct session_snapshot failed_without_init(void)
{
	struct session_snapshot s = nothing();

	library(&s, "libcuda.so.1", true);
	add_failing(&s, LAYER_DRIVER, "cuDeviceGetCount", 3);
	return s;
}

static struct session_snapshot library_absent(void)
{
	struct session_snapshot s = nothing();

	library(&s, "libcudnn.so.9", false)->error = "cannot open shared object file";
	return s;
}

static struct session_snapshot library_absent_when_ready(void)
{
	struct session_snapshot s = library_absent();

	init(&s, 0);
	return s;
}

static struct session_snapshot library_by_another_name(void)
{
	struct session_snapshot s = library_absent();

	library(&s, "libcudnn.so", true);
	init(&s, 0);
	return s;
}

static struct session_snapshot loaded_only(void)
{
	struct session_snapshot s = nothing();

	library(&s, "libcudart.so.13", true);
	return s;
}

/* Some other library that programs look for and do without. */
static struct session_snapshot optional_absent(void)
{
	struct session_snapshot s = nothing();

	library(&s, "libnvToolsExt.so.1", false);
	return s;
}

/* systemd took its devices away on a reload. */
static struct session_snapshot container_lost(void)
{
	struct session_snapshot s = nothing();

	init(&s, 100);
	s.figures.driver.access =
		ACCESS_KNOWN | ACCESS_DRIVER | ACCESS_CONTROL | ACCESS_DEVICE | ACCESS_CONTAINER;
	return s;
}

static struct session_snapshot with_log(void)
{
	struct session_snapshot s = nothing();

	init(&s, 999);
	s.figures.driver.version = 13000;
	return s;
}

static const struct {
	struct session_snapshot (*make)(void);
	const char *code, *headline, *reason;
	const char *summary, *evidence, *advice; /* parts of them */
} cases[] = {
	{ worked, "gpu-work", "YES", "completed", "12,345 kernels ran on NVIDIA H200 and finished",
		"", "" },
	{ worked_in_part, "gpu-work", "YES", "completed", "12,000 of them seen to have finished",
		"", "" },
	{ no_sync, "gpu-work-unconfirmed", "UNCONFIRMED", "no-sync", "1 kernel launched", "",
		"synchronise" },
	{ fault, "gpu-fault", "FAILED", "device-fault", "CUDA_ERROR_ILLEGAL_ADDRESS after 5 kernel",
		"cuStreamSynchronize returned it first, 3 calls", "compute-sanitizer" },
	{ fault_unconfirmed, "gpu-fault", "FAILED", "device-fault", "ILLEGAL_ADDRESS", "", "" },
	{ container_lost, "gpu-unavailable", "NO", "device-access", "may not open the GPU's",
		"/dev/nvidiactl does not open", "restart the container" },
	{ with_log, "gpu-unavailable", "NO", "init-failed", "could not be initialised",
		"cuInit returned CUDA_ERROR_UNKNOWN", "CUDA_LOG_FILE=stderr" },
	{ no_kernel, "gpu-idle", "NO", "no-kernel", "3.0 GiB of its memory",
		"3 allocations, 0 copies", "move the model" },
	{ out_of_memory, "gpu-idle", "NO", "out-of-memory", "no kernel ran",
		"cuMemAlloc_v2 returned CUDA_ERROR_OUT_OF_MEMORY after 3.0 GiB", "smaller" },
	{ captured_only, "gpu-idle", "NO", "no-kernel", "no kernel ran", "9 launches recorded",
		"launch the graphs" },
	{ broken_captures, "gpu-idle", "NO", "no-kernel", "no kernel ran",
		"a capture was broken and gave no graph", "cudaStreamCaptureModeThreadLocal" },
	{ open_captures, "gpu-idle", "NO", "no-kernel", "no kernel ran",
		"a capture was begun and never ended", "end the capture" },
	{ driver_asked, "gpu-unavailable", "NO", "driver-missing", "libcuda.so.1",
		"libcuda.so.1: cannot open shared object file (asked for by libtorch_cuda.so)",
		"install the NVIDIA driver" },
	{ driver_absent_for_runtime, "gpu-unavailable", "NO", "driver-missing", "driver",
		"cudaErrorInsufficientDriver", "install" },
	{ stub, "gpu-unavailable", "NO", "driver-stub", "stub",
		"CUDA_ERROR_STUB_LIBRARY (/usr/local/cuda/lib64/stubs/libcuda.so)", "stubs" },
	{ stub_for_runtime, "gpu-unavailable", "NO", "driver-stub", "stub", "cudaErrorStubLibrary",
		"stubs" },
	{ too_old, "gpu-unavailable", "NO", "driver-too-old", "too old",
		"the driver is for CUDA 12.2, the program uses libcudart.so.13", "update" },
	{ mismatch, "gpu-unavailable", "NO", "driver-too-old", "different versions",
		"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "restart" },
	{ compat, "gpu-unavailable", "NO", "driver-too-old", "compatibility",
		"CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", "compat" },
	{ no_device, "gpu-unavailable", "NO", "no-device", "found no GPU",
		"cuInit returned CUDA_ERROR_NO_DEVICE", "nvidia-smi -L" },
	{ three_missing, "gpu-unavailable", "NO", "library-missing", "libcurand.so.10",
		"it lies at /venv/cufft/lib/libcufft.so.11",
		"LD_LIBRARY_PATH=/venv/cufft/lib:$LD_LIBRARY_PATH; libnvidia-ml.so.1 comes with "
		"the NVIDIA driver; in a container set "
		"NVIDIA_DRIVER_CAPABILITIES=compute,utility; install libcurand.so.10, in" },
	{ older_by_rpath, "gpu-unavailable", "NO", "library-missing", "is there, but",
		"/old/liba.so came first", "an RPATH goes before LD_LIBRARY_PATH" },
	{ other_driver, "gpu-unavailable", "NO", "no-device", "found no GPU", "another libcuda",
		"take /old/ out of R_LD_LIBRARY_PATH; else nvidia-smi -L" },
	{ other_driver_of_nobody, "gpu-unavailable", "NO", "no-device", "found no GPU",
		"another libcuda", "nvidia-smi -L" },
	{ cpu_build_in_r, "gpu-unused", "NO", "cpu-build", "TensorFlow", "is of a CPU build",
		"start R anew, keras3::use_backend" },
	{ cpu_build_in_python, "gpu-unused", "NO", "cpu-build", "TensorFlow", "is of a CPU build",
		"pip uninstall tensorflow-cpu" },
	{ counts_none, "gpu-unavailable", "NO", "no-device", "found no GPU", "counts 0 devices",
		"" },
	{ hidden_empty, "gpu-unavailable", "NO", "devices-hidden",
		"CUDA_VISIBLE_DEVICES is set to \"\"", "CUDA_ERROR_NO_DEVICE",
		"unset CUDA_VISIBLE_DEVICES" },
	{ hidden_minus, "gpu-unavailable", "NO", "devices-hidden", "set to \"-1\"", "0 devices",
		"unset" },
	{ hidden_number, "gpu-unavailable", "NO", "devices-hidden", "set to \"7\"", "", "unset" },
	{ unknown_error, "gpu-unavailable", "NO", "init-failed", "could not be initialised",
		"cuInit returned CUDA_ERROR_UNKNOWN", "nvidia-modprobe" },
	{ unheard_of_error, "gpu-unavailable", "NO", "init-failed", "initialised", "code 4711",
		"dmesg" },
	{ failed_without_init, "gpu-unavailable", "NO", "init-failed", "call failed",
		"cuDeviceGetCount returned CUDA_ERROR_NOT_INITIALIZED", "" },
	{ library_absent, "gpu-unavailable", "NO", "library-missing",
		"libcudnn.so.9 could not be loaded", "libcudnn.so.9: cannot open",
		"install that library" },
	{ library_absent_when_ready, "gpu-idle", "NO", "library-missing", "libcudnn.so.9", "", "" },
	{ library_by_another_name, "gpu-idle", "NO", "no-kernel", "no kernel ran", "", "" },
	{ loaded_only, "gpu-unused", "NO", "never-asked", "CUDA was loaded",
		"libcudart.so.13 was loaded", "" },
	{ optional_absent, "gpu-unused", "NO", "never-asked", "never asked", "", "" },
	{ nothing, "gpu-unused", "NO", "never-asked", "never asked", "no CUDA library",
		"GPU build" },
};

START_TEST(each_situation)
{
	struct session_snapshot session = cases[_i].make();
	struct judgement j;

	verdict_judge(&j, &session);
	ck_assert_str_eq(j.code, cases[_i].code);
	ck_assert_str_eq(j.headline, cases[_i].headline);
	ck_assert_str_eq(j.reason, cases[_i].reason);
	ck_assert_msg(strstr(j.summary, cases[_i].summary) != NULL, "%s", j.summary);
	ck_assert_msg(strstr(j.evidence, cases[_i].evidence) != NULL, "%s", j.evidence);
	ck_assert_msg(strstr(j.advice, cases[_i].advice) != NULL, "%s", j.advice);
	ck_assert_ptr_null(strchr(j.summary, '\n'));
	ck_assert_uint_gt(strlen(j.summary), 10);
}
END_TEST

/* Texts from outside are the only ones that may be long or hostile. */
START_TEST(hostile_names)
{
	struct session_snapshot session = driver_asked();
	char name[1024];
	struct judgement j;

	memset(name, '\x1b', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	libraries[0].error = libraries[0].asker = name;
	verdict_judge(&j, &session);
	ck_assert_ptr_null(strchr(j.evidence, '\x1b'));
	session = hidden_empty();
	session.figures.driver.visible = name;
	verdict_judge(&j, &session);
	ck_assert_ptr_null(strchr(j.summary, '\x1b'));
	ck_assert_str_eq(j.reason, "devices-hidden");
}
END_TEST

/* Commands that an R user need not have. */
static bool names_command(const char *advice)
{
	return strstr(advice, "gpuspy doctor") || strstr(advice, "gpuspy run") ||
	       strstr(advice, "gpuspy report --json") || strstr(advice, "gpuspy report --html") ||
	       strstr(advice, "gpuspy report tells");
}

START_TEST(next_step_in_r)
{
	struct session_snapshot session = cases[_i].make();
	struct judgement j, r;

	verdict_judge(&j, &session);
	r = j;
	in_r(&r);
	ck_assert_msg(!names_command(r.advice), "%s", r.advice);
	if (!names_command(j.advice))
		ck_assert_str_eq(r.advice, j.advice);
}
END_TEST

/* Of gaps, too, but for those that gpuspy run and a cluster's launchers make. */
START_TEST(next_step_of_a_gap_in_r)
{
	struct judgement j;

	if (!gap_kinds[_i].advice || _i == GAP_NOT_BEGUN)
		return;
	strcpy(j.advice, gap_kinds[_i].advice);
	in_r(&j);
	ck_assert_msg(!names_command(j.advice), "%s", j.advice);
	strcpy(j.advice, "a gpuspy doctor, gpuspy doctor: gpuspy");
	in_r(&j);
	ck_assert_str_eq(j.advice, "a gpu_doctor(), gpu_doctor(): gpuspy");
}
END_TEST

/* What is too long with R's words stays as it is. */
START_TEST(next_step_is_never_cut)
{
	struct judgement j;
	char long_words[sizeof(j.advice)];

	memset(long_words, 'x', sizeof(long_words) - 1);
	long_words[sizeof(long_words) - 1] = 0;
	memcpy(long_words, "gpuspy report --json lists all", 30);
	strcpy(j.advice, long_words);
	in_r(&j);
	ck_assert_str_eq(j.advice, long_words);
}
END_TEST

/* The border of a YES that is hardly one: seconds, kernels, thin. */
static const struct {
	double seconds;
	uint64_t kernels;
	bool thin;
} thinness[] = {
	{ 1, 3, false }, /* an honest script that is short */
	{ 59, 1, false }, { 60, 5, true }, { 60, 6, false }, { 3600, 3, true },
	{ 3600, 359, true }, /* the start of a framework */
	{ 3600, 360, false }, { 36000, 999, true },
	{ 36000, 1000, false }, /* few a second, and yet a lot: kernels of a minute each */
};

START_TEST(few_kernels)
{
	struct process_snapshot process = { .state = PROCESS_EXITED,
		.monotonic = { 1, 1 + (uint64_t)(thinness[_i].seconds * 1e9), 4100000001u } };
	struct session_snapshot session = worked();
	struct judgement j;

	kernels(&session, thinness[_i].kernels, 1);
	session.processes = &process;
	session.n_processes = 1;
	verdict_judge(&j, &session);
	ck_assert_str_eq(j.code, "gpu-work");
	ck_assert_str_eq(j.headline, "YES");
	ck_assert_int_eq(j.thin, thinness[_i].thin);
	ck_assert_str_eq(j.reason, j.thin ? "few-kernels" : "completed");
	ck_assert_int_eq(!strncmp(j.summary, "barely: ", 8), j.thin);
	if (j.thin)
		ck_assert_ptr_nonnull(
			strstr(j.evidence, "the first kernel ran 4.1 s after the start"));
	session.recorded = (struct recorded_times){ .known = true, .last_kernel = 9.8 };
	verdict_judge(&j, &session);
	if (thinness[_i].seconds == 60 && j.thin)
		ck_assert_ptr_nonnull(strstr(j.evidence, ", the last 50.2 s before the end; "));
	session.recorded.last_kernel = thinness[_i].seconds + 0.2;
	verdict_judge(&j, &session);
	ck_assert_ptr_null(strstr(j.evidence, "before the end"));
	process.state = PROCESS_ENDED;
	process.monotonic.ended_ns = 0;
	verdict_judge(&j, &session);
	ck_assert(!j.thin); /* nobody knows for how long */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tcase = tcase_create("verdict");

	tcase_add_loop_test(tcase, each_situation, 0, sizeof(cases) / sizeof(*cases));
	ADD(tcase, hostile_names);
	tcase_add_loop_test(tcase, next_step_in_r, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_loop_test(tcase, next_step_of_a_gap_in_r, 0, GAPS);
	tcase_add_test(tcase, next_step_is_never_cut);
	tcase_add_loop_test(tcase, few_kernels, 0, sizeof(thinness) / sizeof(*thinness));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
