/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <string.h>
#include <time.h>

#include "../nvml.h"
#include "report/errors.h"

static void head(FILE *to, const char *name, const char *type, const char *help)
{
	fprintf(to, "# HELP gpuspy_%s %s\n# TYPE gpuspy_%s %s\n", name, help, name, type);
}

/* A label's value: valid UTF-8 already; three characters are escaped, and others would do harm. */
static void put_value(FILE *to, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', to);
		if (*value == '\n')
			fputs("\\n", to);
		else
			fputc((unsigned char)*value < ' ' ? '?' : *value, to);
	}
}

static void label(FILE *to, const char *before, const char *name, const char *value)
{
	fprintf(to, "%s%s=\"", before, name);
	put_value(to, value);
	fputc('"', to);
}

static void number(FILE *to, json_int_t value)
{
	fprintf(to, "} %lld\n", (long long)value);
}

/*
 * increase() does not count a series' first value. So a GPU that comes is written with 0 once; that
 * is told apart from one that was there when the counting began.
 */
static void put_kernels(FILE *to, struct totals_state *state, json_t *kernels)
{
	json_t *known = json_object_get(state->all, "gpus"), *count;
	const char *uuid;

	head(to, "kernels_total", "counter",
		"Kernels that watched programs ran on this GPU, ended programs included.");
	json_object_foreach(kernels, uuid, count)
	{
		bool new = !json_is_true(json_object_get(known, uuid)) && !state->fresh;

		json_object_set_new(known, uuid, json_true());
		fputs("gpuspy_kernels_total{", to);
		label(to, "", "uuid", uuid);
		number(to, new ? 0 : json_integer_value(count));
	}
}

/* All of the machine, whether anything ran there or not. */
static void add_all_gpus(json_t *kernels)
{
	struct nvml *nvml = nvml_open();
	struct nvml_figures figures;

	nvml_read(&figures, nvml);
	for (unsigned i = 0; i < figures.count; i++)
		if (figures.devices[i].uuid[0] &&
			!json_object_get(kernels, figures.devices[i].uuid))
			json_object_set_new(kernels, figures.devices[i].uuid, json_integer(0));
	nvml_close(nvml);
}

/* Every pair from 0 on; some reasons stand in the list more than once. */
static void put_ended(FILE *to, const json_t *ended)
{
	json_t *written = json_object();
	enum verdict verdict;
	const char *reason;

	head(to, "sessions_ended_total", "counter",
		"Watched sessions that ended, by verdict and reason.");
	for (unsigned i = 0; verdict_pair(i, &verdict, &reason); i++) {
		char key[128];

		snprintf(key, sizeof(key), "%s/%s", verdict_code(verdict), reason);
		if (json_object_get(written, key))
			continue;
		json_object_set_new(written, key, json_true());
		fputs("gpuspy_sessions_ended_total{", to);
		label(to, "", "verdict", verdict_code(verdict));
		label(to, ",", "reason", reason);
		number(to, json_integer_value(json_object_get(ended, key)));
	}
	json_decref(written);
}

static void put_errors(FILE *to, const json_t *errors)
{
	head(to, "call_errors_total", "counter",
		"CUDA calls of watched programs that returned an error.");
	for (int layer = 0; layer < LAYERS; layer++) {
		const char *name = layer_name((enum segment_layer)layer);

		fputs("gpuspy_call_errors_total{", to);
		label(to, "", "layer", name);
		number(to, json_integer_value(json_object_get(errors, name)));
	}
}

static void put_copied(FILE *to, const json_t *copied)
{
	head(to, "copied_bytes_total", "counter",
		"Bytes that watched programs copied or set, ended programs included.");
	for (int i = 0; i < COPY_KINDS; i++) {
		fputs("gpuspy_copied_bytes_total{", to);
		label(to, "", "direction", copy_name(i));
		number(to, json_integer_value(json_object_get(copied, copy_name(i))));
	}
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

static void put_info(FILE *to, json_t *jobs)
{
	const char *id;
	json_t *job;

	head(to, "job_info", "gauge", "A job that runs here now; joins a job's ID and its user.");
	json_object_foreach(jobs, id, job)
	{
		fputs("gpuspy_job_info{", to);
		label(to, "", "scheduler", text(job, "scheduler"));
		label(to, ",", "jobid", id);
		label(to, ",", "user", text(job, "user"));
		number(to, 1);
	}
}

/* Jobs of which it is not known how many they have are left out. */
static void put_allocated(FILE *to, json_t *jobs)
{
	const char *id;
	json_t *job;

	head(to, "job_gpus", "gauge", "GPUs that a running job was given on this host.");
	json_object_foreach(jobs, id, job)
	{
		json_int_t gpus = json_integer_value(json_object_get(job, "gpus"));

		if (gpus < 0)
			continue;
		fputs("gpuspy_job_gpus{", to);
		label(to, "", "jobid", id);
		number(to, gpus);
	}
}

static void put_by_gpu(FILE *to, const char *name, const char *id, json_t *counts)
{
	const char *uuid;
	json_t *count;

	json_object_foreach(counts, uuid, count)
	{
		fprintf(to, "gpuspy_%s{", name);
		label(to, "", "jobid", id);
		label(to, ",", "uuid", uuid);
		number(to, json_integer_value(count));
	}
}

static void put_job_figures(FILE *to, struct live *live, json_t *kernels, json_t *known)
{
	const char *id;
	json_t *job;

	head(to, "job_kernels_total", "counter",
		"Kernels of a running job on this host, its ended sessions included.");
	json_object_foreach(kernels, id, job) put_by_gpu(to, "job_kernels_total", id, job);
	head(to, "job_memory_bytes", "gauge", "Device memory that a running job holds.");
	json_object_foreach(live->jobs, id, job)
		put_by_gpu(to, "job_memory_bytes", id, json_object_get(job, "bytes"));
	head(to, "job_last_kernel_timestamp_seconds", "gauge",
		"When a running job was last seen to have run new kernels; at first, when it "
		"began.");
	json_object_foreach(known, id, job)
	{
		fputs("gpuspy_job_last_kernel_timestamp_seconds{", to);
		label(to, "", "jobid", id);
		number(to, json_integer_value(json_object_get(job, "grown")));
	}
}

void metrics_write(FILE *to, struct totals_state *state, struct live *live)
{
	json_t *sum = totals_sum(state), *kernels = json_object_get(sum, "kernels");
	json_t *of_jobs = live_kernels(live, state);

	if (!kernels) {
		json_object_set_new(sum, "kernels", json_object());
		kernels = json_object_get(sum, "kernels");
	}
	add_all_gpus(kernels);
	head(to, "build_info", "gauge", "Version of the gpuspy that wrote this.");
	fprintf(to, "gpuspy_build_info{version=\"%s\"} 1\n", GPUSPY_VERSION);
	head(to, "export_timestamp_seconds", "gauge", "When this was written.");
	fprintf(to, "gpuspy_export_timestamp_seconds %lld\n", (long long)time(NULL));
	put_kernels(to, state, kernels);
	put_copied(to, json_object_get(sum, "copied"));
	put_errors(to, json_object_get(sum, "errors"));
	put_ended(to, json_object_get(state->all, "ended"));
	head(to, "sessions_lost_total", "counter",
		"Sessions that went before they were seen to end.");
	fprintf(to, "gpuspy_sessions_lost_total %lld\n",
		(long long)json_integer_value(json_object_get(state->all, "lost")));
	head(to, "sessions", "gauge", "Watched sessions with a running process.");
	fprintf(to, "gpuspy_sessions %u\n", live->sessions);
	put_info(to, live->jobs);
	put_allocated(to, live->jobs);
	put_job_figures(to, live, of_jobs, json_object_get(state->all, "jobs"));
	json_decref(of_jobs);
	json_decref(sum);
}
