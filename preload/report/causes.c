/* SPDX-License-Identifier: MIT */
/*
 * The sentences of the rarer causes: summary, evidence and advice of each together.
 */
#include <string.h>

#include "../loader/frameworks.h"
#include "../segment/paths.h"
#include "../segment/summed.h"
#include "facts.h"
#include "sentences.h"
#include "text.h"

enum { NAME_COLUMNS = 60, PATH_COLUMNS = 120 };

/* The kernel has no driver. */

void say_not_in_kernel(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "libcuda is there, but the kernel has no NVIDIA driver loaded");
}

void advise_not_in_kernel(struct text *text, const struct session_snapshot *session)
{
	put_other_driver_step(text, session);
	if (session->figures.driver.access & ACCESS_CONTAINER)
		text_put(text, "the container's host needs the NVIDIA driver: does nvidia-smi work "
			       "there?");
	else
		text_put(text, "load it: modprobe nvidia (dmesg says why if that fails); a machine "
			       "without an NVIDIA GPU has none");
}

/* Its device files are missing, or closed to this process. */

void say_files_closed(struct text *text, const struct session_snapshot *session)
{
	const uint32_t access = session->figures.driver.access;

	if (!(access & ACCESS_CONTROL) || !(access & ACCESS_DEVICE))
		text_put(text, "the GPU's device files (/dev/nvidia*) are missing");
	else
		text_put(text, "the program may not open the GPU's device files (/dev/nvidia*)");
}

void show_files(struct text *text, const struct session_snapshot *session)
{
	const uint32_t access = session->figures.driver.access;
	static const struct {
		uint32_t there, opens;
		const char *name;
	} files[] = { { ACCESS_CONTROL, ACCESS_CONTROL_OPENS, "/dev/nvidiactl" },
		{ ACCESS_DEVICE, ACCESS_DEVICE_OPENS, "/dev/nvidiaN" } };

	show_status(text, session);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		text_putf(text, ", %s %s", files[i].name,
			access & files[i].opens   ? "opens"
			: access & files[i].there ? "does not open"
						  : "is missing");
}

void advise_files(struct text *text, const struct session_snapshot *session)
{
	const uint32_t access = session->figures.driver.access;

	/* They are there, and the container's rules forbid them: systemd did that on a reload. */
	if ((access & ACCESS_CONTAINER) && (access & ACCESS_CONTROL) && (access & ACCESS_DEVICE))
		text_put(text, "if the GPU worked here before: restart the container (systemctl "
			       "daemon-reload on the host takes its devices away); else start it "
			       "with --gpus all");
	else if (access & ACCESS_CONTAINER)
		text_put(text, "start the container with --gpus all (apptainer: --nv; Kubernetes: "
			       "a limit of nvidia.com/gpu)");
	else if ((access & ACCESS_CONTROL) && (access & ACCESS_DEVICE))
		text_put(text, "see ls -l /dev/nvidia*: join the group that owns them; in a batch "
			       "job ask for a GPU (Slurm: --gres=gpu:1)");
	else
		text_put(text, "nvidia-modprobe -c 0 -u makes them; start a container with --gpus "
			       "all");
}

/* MIG mode without an instance. */

void say_mig(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "the GPUs are in MIG mode and have no instance to run on");
}

void advise_mig(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text,
		"make one (nvidia-smi mig -cgi 0 -C), or leave MIG mode (nvidia-smi -mig 0), "
		"as root");
}

/* No code for this GPU. */

void say_no_image(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "the program's kernels were not built for this GPU");
}

void show_no_image(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;

	put_failure(text, facts_no_image(figures));
	if (!figures->n_devices || !figures->devices[0].name)
		return;
	text_put(text, " on ");
	text_put_escaped(text, figures->devices[0].name, NAME_COLUMNS);
}

void advise_no_image(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "install a build for this GPU's compute capability (nvidia-smi "
		       "--query-gpu=compute_cap --format=csv), mostly a newer one");
}

/* Out of memory. */

/* The program's own part of the memory is small: somebody else has the rest. */
static bool filled_by_others(const struct figures *figures)
{
	return figures->n_devices && figures->devices[0].total_bytes &&
	       figures->totals.memory.peak_bytes < figures->devices[0].total_bytes / 4;
}

void say_out_of_memory(struct text *text, const struct session_snapshot *session)
{
	text_put(text, "the GPU's memory was full");
	if (filled_by_others(&session->figures)) {
		text_put(text, ", and not by this program");
		text_put(text, session->figures.totals.memory.allocations
				       ? ": no kernel ran"
				       : ", at the first allocation: no kernel ran");
		return;
	}
	text_put(text, session->figures.totals.memory.allocations
			       ? ", and no kernel ran"
			       : " at the first allocation, and no kernel ran");
}

void show_out_of_memory(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;

	put_failure(text, facts_out_of_memory(figures));
	text_put(text, " after ");
	text_put_bytes(text, figures->totals.memory.peak_bytes);
	if (!figures->n_devices || !figures->devices[0].total_bytes)
		return;
	text_put(text, ", the device has ");
	text_put_bytes(text, figures->devices[0].total_bytes);
}

void advise_out_of_memory(struct text *text, const struct session_snapshot *session)
{
	text_put(text, filled_by_others(&session->figures)
			       ? "nvidia-smi shows who holds the memory: end it, "
				 "or take another GPU (CUDA_VISIBLE_DEVICES)"
			       : "use a smaller model or batch (TensorFlow: set_memory_growth); "
				 "nvidia-smi shows who else holds memory");
}

/* Launches that failed. */

void say_launch_failed(struct text *text, const struct session_snapshot *session)
{
	const struct function_figures *function = facts_failing_launch(&session->figures);

	text_put(text, "no kernel could be launched: ");
	put_failure(text, function);
}

void advise_launch_failed(struct text *text, const struct session_snapshot *session)
{
	text_put(text, "the program ignores the error of its launches: have it check them "
		       "(cudaGetLastError), or run it in compute-sanitizer");
	put_log_advice(text, session);
}

/* Reserved and idle, only copies. */

void say_reserved(struct text *text, const struct session_snapshot *session)
{
	text_put_bytes(text, session->figures.totals.memory.peak_bytes);
	text_put(text, " of the GPU's memory were reserved, but no kernel ran");
}

void say_only_copies(struct text *text, const struct session_snapshot *session)
{
	text_put_counted(text, facts_copies(&session->figures), "copy", "copies");
	text_put(text, " went to or from the GPU, but no kernel ran");
}

/* A framework without code for GPUs. */

void say_cpu_build(struct text *text, const struct session_snapshot *session)
{
	const struct framework *framework = framework_of(session->figures.driver.framework);

	/* A segment may say anything. */
	text_put(text, framework ? framework->name : "the framework");
	text_putf(text, " %s", framework ? framework->cpu : "is installed without code for GPUs");
}

void show_framework(struct text *text, const struct session_snapshot *session)
{
	text_put_escaped(text, session->figures.driver.framework, PATH_COLUMNS);
	text_put(text, " is of a CPU build");
}

void advise_cpu_build(struct text *text, const struct session_snapshot *session)
{
	const char *path = session->figures.driver.framework;
	const struct framework *framework = framework_of(path);
	const char *r = framework ? framework->r : NULL;
	const char *python = framework ? framework->python : NULL;

	/* One of Python's; in R, reticulate has environments that pip does not reach. */
	if (python && r && strstr(path, "-packages/"))
		*(facts_is_r(session) ? &python : &r) = NULL;
	else if (python && r && strstr(path, "-library/"))
		python = NULL;
	if (!r && !python) {
		text_put(text, "install its build for CUDA");
		return;
	}
	text_put(text, r && python ? "R: " : "");
	text_put(text, r ? r : "");
	text_put(text, r && python ? "; Python: " : "");
	text_put(text, python ? python : "");
}

/* CUDA in a forked child. */

void say_fork(struct text *text, const struct session_snapshot *session)
{
	(void)session;
	text_put(text, "CUDA cannot be used in a forked child: its parent had initialised it");
}

void show_fork(struct text *text, const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++) {
		const struct process_snapshot *process = &session->processes[i];

		if (!process->figures.driver.fork_error)
			continue;
		text_putf(text, "in process %d, forked from %d, ", (int)process->pid,
			(int)process->parent);
		put_failure(text, facts_failing(&process->figures));
		return;
	}
	text_put(text, "in a process that ended long ago");
}

/* Work, but not of the process that people look at. */

void show_children(struct text *text, const struct session_snapshot *session)
{
	const struct process_snapshot *worker = NULL;
	unsigned workers = 0;
	/* Of a session that the user named there may be earlier runs. */
	uint64_t time;
	pid_t owner;
	bool child = session->name && paths_session_identity(session->name, &owner, &time);

	if (session->n_processes < 2 || session->processes[0].figures.totals.kernels)
		return;
	for (unsigned i = 1; i < session->n_processes; i++) {
		if (!session->processes[i].figures.totals.kernels)
			continue;
		worker = &session->processes[i];
		workers++;
	}
	/* Of those that are a sum by now there were others first. */
	if (session->summed)
		workers += (unsigned)session->summed->workers;
	if (workers > 1 || (workers && !worker)) { /* the list of processes names them */
		text_putf(text, "only in %u %s processes", workers, child ? "child" : "other");
	} else if (worker) {
		text_putf(text, "only in %s process: %d ", child ? "a child" : "another",
			(int)worker->pid);
		text_put_command(text, worker->command ? worker->command : "?", NAME_COLUMNS);
	}
}
