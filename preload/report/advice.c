/* SPDX-License-Identifier: MIT */
#include "sentences.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../loader/frameworks.h"
#include "facts.h"

enum { PATH_COLUMNS = 200 };

/*
 * What to do about a status. The causes are those that NVIDIA's installation guide, the comments in
 * cuda.h and the messages of nvidia-smi give.
 */
static const struct status_advice {
	int status;
	char advice[160];
} init_advice[] = {
	{ 2, "cuInit found no memory: close other programs, or raise `ulimit -v`" },
	{ 3, "the program must call cuInit first; this is an error in the program" },
	{ 46, "the GPU is taken: another process holds it in exclusive mode (nvidia-smi -q -d COMPUTE)" },
	{ 101, "CUDA_VISIBLE_DEVICES or the program names a device that is not there: nvidia-smi -L" },
	{ 102, "the virtual GPU has no licence: nvidia-smi -q, \"License Status\"" },
	{ 304, "the system refused: check the rights of /dev/nvidia*, or start the container with --gpus all" },
	{ 802, "the system is not ready: is nvidia-fabricmanager running?" },
	{ 805, "the MPS server does not answer: is nvidia-cuda-mps-control running?" },
	{ 807, "the MPS server is not ready: restart nvidia-cuda-mps-control" },
	{ 808, "the MPS server has too many clients" },
	{ 999, "after a suspend: modprobe -r nvidia_uvm && modprobe nvidia_uvm, as root; else nvidia-modprobe -u, and after a driver update restart the machine" },
}, fault_advice[] = {
	{ 214, "the GPU's memory is failing: nvidia-smi -q -d ECC, and the Xid lines of dmesg" },
	{ 220, "an NVLink is failing: nvidia-smi nvlink -e, and the Xid lines of dmesg" },
	{ 702, "a kernel took longer than a GPU with a display allows" },
	{ 710, "an assert in a kernel failed: its text is in the program's own output" },
};

static bool put_advice(
	struct text *text, const struct status_advice *table, unsigned count, int status)
{
	for (unsigned i = 0; i < count; i++) {
		if (table[i].status == status) {
			text_put(text, table[i].advice);
			return true;
		}
	}
	return false;
}

/* The driver keeps a log of errors in words, and writes it where that variable says. */
void put_log_advice(struct text *text, const struct session_snapshot *session)
{
	enum { SINCE = 12090 }; /* CUDA 12.9 */

	if (session->figures.driver.version >= SINCE && !session->figures.driver.simulated)
		text_put(text, "; CUDA_LOG_FILE=stderr shows the driver's own words");
}

/* "WHO puts FOLDER first": then it is taken out there. */
static bool put_take_out(struct text *text, const char *words)
{
	const char *folder = words ? strstr(words, " puts ") : NULL, *end;
	char who[32], path[PATH_COLUMNS];

	if (!folder || !(end = strstr(folder, " first")))
		return false;
	snprintf(who, sizeof(who), "%.*s", (int)(folder - words), words);
	folder += strlen(" puts ");
	if (end <= folder)
		return false;
	snprintf(path, sizeof(path), "%.*s", (int)(end - folder), folder);
	text_put(text, "take ");
	text_put_escaped(text, path, PATH_COLUMNS);
	text_put(text, " out of ");
	text_put_escaped(text, who, sizeof(who));
	return true;
}

/* Before the step that the status asks for: another libcuda may be the one that was meant. */
void put_other_driver_step(struct text *text, const struct session_snapshot *session)
{
	const struct library_figures *other = facts_other_driver(&session->figures);
	const char *slash = other ? strrchr(other->path, '/') : NULL;
	char folder[PATH_COLUMNS];

	if (!slash)
		return;
	text_put(text, "if the other libcuda is the driver's own: ");
	if (!put_take_out(text, other->error)) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - other->path), other->path);
		text_put(text, "start the program with LD_LIBRARY_PATH=");
		text_put_escaped(text, folder, PATH_COLUMNS);
		text_put(text, ":$LD_LIBRARY_PATH, or remove the package of the first");
	}
	text_put(text, "; else ");
}

void advise_sync(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "let the program fetch a result or synchronise (R torch: as_array(), "
		       "cuda_synchronize(); C: cudaDeviceSynchronize)");
}

void advise_few(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "if it should have computed there: are the model and its data on the GPU? "
		       "When the kernels ran: gpuspy run --record FILE, gpuspy report --html FILE");
}

void advise_fault(struct text *text, const struct session_snapshot *session)
{
	if (!put_advice(text, fault_advice, sizeof(fault_advice) / sizeof(*fault_advice),
		    session->figures.driver.fault_status))
		text_put(text, "find the kernel with compute-sanitizer or CUDA_LAUNCH_BLOCKING=1; "
			       "see the Xid lines of dmesg");
	put_log_advice(text, session);
}

/* Some take a GPU by themselves, and say it where they do not. */
static void advise_moving(struct text *text, const struct framework *framework)
{
	if (framework && framework->itself)
		text_putf(text,
			"%s takes a GPU that it finds by itself: its own words on standard error "
			"tell why it did not, and gpuspy doctor COMMAND looks at what it needs",
			framework->name);
	else if (framework && framework->use)
		text_put(text, framework->use);
	else
		text_put(text,
			"move the model and its data to the GPU (R torch: $to(device = \"cuda\"); "
			"Python: .to(\"cuda\")); TensorFlow says where operations run: "
			"tf.debugging.set_log_device_placement(True)");
}

void advise_idle(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;
	const struct totals *totals = &figures->totals;
	const struct function_figures *failing = facts_failing(figures);

	if (failing && failing->layer == LAYER_CUDNN && facts_reserved(figures))
		text_put(text, "cuDNN found no memory, for the framework had reserved it: "
			       "TF_FORCE_GPU_ALLOW_GROWTH=true, or "
			       "XLA_PYTHON_CLIENT_PREALLOCATE=false");
	else if (facts_captures(figures) == CAPTURES_OPEN)
		text_put(text, "end the capture (cudaStreamEndCapture), and launch the graph");
	else if (facts_captures(figures) == CAPTURES_BROKEN)
		text_put(text, "allocate and synchronise before the capture, in all threads, or "
			       "begin it with cudaStreamCaptureModeThreadLocal");
	else if (failing) {
		text_put(text, "look at the failed call first: gpuspy report --json lists all");
		put_log_advice(text, session);
	} else if (totals->captured_launches)
		text_put(text, "launch the graphs that the program recorded");
	else
		advise_moving(text, framework_of(figures->driver.framework));
}

/* The loader maps a file whose end was lost, and the program is killed when it comes to it. */
static bool killed_by_bus(const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++)
		if (session->processes[i].state == PROCESS_KILLED &&
			session->processes[i].signal == SIGBUS)
			return true;
	return false;
}

void advise_unused(struct text *text, const struct session_snapshot *session)
{
	const struct framework *framework = facts_idle_framework(&session->figures);

	if (killed_by_bus(session))
		text_put(text, "SIGBUS before that is mostly a library whose file was cut short (a "
			       "full disk, a broken download): gpuspy doctor COMMAND names it; "
			       "install its package anew");
	else if (framework)
		text_putf(text, "if it should have: %s", framework->use);
	else
		text_put(text,
			"if it should have: is the package loaded, and is it its GPU build? "
			"(R: torch::cuda_is_available(), "
			"tensorflow::tf$config$list_physical_devices(\"GPU\"); what is wrong: "
			"gpuspy doctor)");
}

void advise_driver(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "install the NVIDIA driver until nvidia-smi works; start a container with "
		       "--gpus all (or --nv)");
}

void advise_stub(struct text *text, const struct session_snapshot *session)
{
	const char *path = session->figures.driver.path;

	text_put(text, "take ");
	if (path && *path == '/' && !strstr(path, "/stubs/")) {
		text_put(text, "that copy away (");
		text_put_escaped(text, path, PATH_COLUMNS);
		text_put(text, "), or its folder");
	} else {
		text_put(text, "the folder \"stubs\"");
	}
	text_put(text, " out of LD_LIBRARY_PATH and the program's rpath; the NVIDIA driver must be "
		       "installed");
}

void advise_too_old(struct text *text, const struct session_snapshot *session)
{
	text_put(text, facts_gave_up(&session->figures)
			       ? "update the NVIDIA driver; is another libcuda meant than that one?"
			       : "update the NVIDIA driver, or install the package built for an "
				 "older CUDA (nvidia-smi shows the newest that the driver "
				 "supports)");
}

void advise_mismatch(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text,
		"restart the machine after a driver update; in a container, update the host's "
		"driver");
}

void advise_compat(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text,
		"take the folder \"compat\" out of LD_LIBRARY_PATH, or update the NVIDIA driver");
}

/* CUDA in a forked child. */
void advise_fork(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "start workers afresh. R: parallel::makePSOCKcluster() or callr in place of "
		       "mclapply and plan(multicore); Python: "
		       "multiprocessing.set_start_method(\"spawn\")");
}

void advise_device(struct text *text, const struct session_snapshot *session)
{
	put_other_driver_step(text, session);
	text_put(text,
		"nvidia-smi -L must list a GPU; start a container with --gpus all, a Slurm job "
		"with --gres=gpu:1");
}

void advise_hidden(struct text *text, const struct session_snapshot *session)
{
	text_put(text, session->figures.driver.visible_by_program
			       ? "take that out of the script (Sys.setenv, os.environ; helpers for "
				 "seeds do it too), or name a device that nvidia-smi -L lists"
			       : "unset CUDA_VISIBLE_DEVICES, or set it to a device that "
				 "nvidia-smi -L lists");
}

void advise_init(struct text *text, const struct session_snapshot *session)
{
	put_other_driver_step(text, session);
	if (!put_advice(text, init_advice, sizeof(init_advice) / sizeof(*init_advice),
		    facts_status(&session->figures)))
		text_put(text, "see whether nvidia-smi works, and the NVRM lines of dmesg");
	put_log_advice(text, session);
}
