/* SPDX-License-Identifier: MIT */
/*
 * The driver, by what it answers itself, and judged as a program's own call would be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "holders.h"
#include "loader/drivers.h"
#include "probe.h"
#include "report/verdict.h"

/* Another libcuda than the one that answered, as a run finds it (doors/needs.c). */
static bool find_other(const struct doctor *doctor, const struct answer *answer,
	struct loader_other_driver *other, struct library_figures *library)
{
	if (!answer->loaded || !loader_other_driver(other, doctor->root,
				       doctor->search.library_path, answer->path))
		return false;
	*library = (struct library_figures){ .name = other->path,
		.path = other->path,
		.error = *other->words ? other->words : NULL,
		.layer = LAYER_DRIVER };
	return true;
}

/* As the session of a program that asked for the driver and got this answer. */
static void judge(
	struct judgement *judgement, const struct doctor *doctor, const struct answer *answer)
{
	struct library_figures libraries[2] = { { .name = "libcuda.so.1",
		.loaded = answer->loaded,
		.error = answer->error,
		.asked = 1,
		.layer = LAYER_DRIVER } };
	struct session_snapshot session = { .name = "doctor" };
	struct driver_facts *driver = &session.figures.driver;
	struct loader_other_driver other;

	session.figures.libraries = libraries;
	session.figures.n_libraries = 1 + find_other(doctor, answer, &other, &libraries[1]);
	driver->nvidia_code = true;
	driver->device_count = answer->count;
	driver->visible = getenv("CUDA_VISIBLE_DEVICES");
	driver->access = doctor->access;
	driver->simulated = answer->simulated;
	if (answer->loaded) {
		driver->path = answer->path;
		driver->init_calls = 1;
		driver->init_status = answer->status;
		driver->init_ok = !answer->status;
		driver->version = (uint32_t)answer->version;
	}
	verdict_judge(judgement, &session);
}

static void add_devices(struct doctor *doctor, const struct answer *answer)
{
	for (int i = 0; i < answer->count && i < PROBE_DEVICES; i++)
		doctor_add(doctor, LEVEL_OK, "device", NULL, "device %d: %s", i,
			*answer->names[i] ? answer->names[i] : "name unknown");
}

static void add_answer(struct doctor *doctor, const struct answer *answer)
{
	struct judgement judgement;

	doctor->simulated = answer->simulated;
	if (answer->loaded && !answer->status && answer->count > 0) {
		doctor->usable = true;
		doctor->driver_version = answer->version;
		doctor_add(doctor, LEVEL_OK, "driver", NULL, "cuInit works%s: CUDA %d.%d, %s",
			answer->simulated ? " (SIMULATED driver)" : "", answer->version / 1000,
			answer->version % 1000 / 10, answer->path);
		add_devices(doctor, answer);
		return;
	}
	if (answer->status == -1) {
		doctor_add(doctor, LEVEL_PROBLEM, "driver", "install the NVIDIA driver anew",
			"init-failed: %s is no driver: it has no cuInit, or no cuDeviceGetCount",
			answer->path);
		doctor_reason(doctor, "init-failed");
		return;
	}
	judge(&judgement, doctor, answer);
	if (!answer->loaded) {
		doctor_add(doctor, LEVEL_PROBLEM, "driver", judgement.advice, "%s: %s",
			judgement.reason, answer->error);
		doctor_reason(doctor, judgement.reason);
		return;
	}
	doctor_add(doctor, LEVEL_PROBLEM, "driver", judgement.advice, "%s: %s%s%s%s",
		judgement.reason, judgement.summary, *judgement.evidence ? " (" : "",
		judgement.evidence, *judgement.evidence ? ")" : "");
	doctor_reason(doctor, judgement.reason);
}

/* 535.104.05 of "libcuda.so.535.104.05", and of the kernel's word; "" for none. */
static void first_version(char to[32], const char *text)
{
	while (*text) {
		size_t digits = strspn(text, "0123456789");
		size_t length = strspn(text, "0123456789.");

		if (digits >= 2 && length > digits && text[digits] == '.') {
			snprintf(to, 32, "%.*s", (int)length, text);
			return;
		}
		text += length ? length : 1;
	}
	*to = 0;
}

static void compare_versions(struct doctor *doctor, const struct answer *answer)
{
	char path[PATH_MAX], line[512] = "", kernel[32], library[32];
	const char *file = strstr(answer->path, "libcuda.so.");
	FILE *version;

	if (!file || !doctor_path(doctor, path, "/proc/driver/nvidia/version"))
		return;
	version = fopen(path, "re");
	if (!version)
		return;
	if (fgets(line, sizeof(line), version)) {
		first_version(kernel, line);
		first_version(library, file + strlen("libcuda.so."));
		if (*kernel && *library && strcmp(kernel, library) != 0)
			doctor_add(doctor, LEVEL_PROBLEM, "driver",
				"restart the machine, or load the new kernel module; in a "
				"container, update the host's driver",
				"the kernel's driver is %s, libcuda is %s", kernel, library);
	}
	fclose(version);
}

void driver_findings(struct doctor *doctor, struct probe *probe)
{
	switch (probe_finish(probe, doctor_now() + DRIVER_WAIT)) {
	case PROBE_ANSWERED:
		add_answer(doctor, &probe->answer);
		compare_versions(doctor, &probe->answer);
		break;
	case PROBE_LATE:
		doctor_add(doctor, LEVEL_PROBLEM, "driver",
			"see dmesg for NVRM and Xid lines; restart the machine",
			"cuInit does not return within %d s", DRIVER_WAIT / 1000);
		break;
	case PROBE_CRASHED:
		doctor_add(doctor, LEVEL_PROBLEM, "driver", "install the NVIDIA driver anew",
			"cuInit crashed, or libcuda could not be tried");
		break;
	}
}

enum { FULL_PERCENT = 90 };

/* Somebody fills it: who asks for more will fail. */
static void add_full(struct doctor *doctor, const struct device_holders *holders, int device)
{
	char line[512], used[32], total[32];
	struct text text = text_in(line, sizeof(line)), first = text_in(used, sizeof(used)),
		    second = text_in(total, sizeof(total));

	if (!holders->total || holders->used / FULL_PERCENT < holders->total / 100)
		return;
	text_put_bytes(&first, holders->used);
	text_put_bytes(&second, holders->total);
	if (!holders_put(&text, holders, NULL))
		text_put(&text, "NVML does not tell by whom");
	doctor_add(doctor, LEVEL_NOTE, "nvml",
		"end that process, or take another GPU (CUDA_VISIBLE_DEVICES)",
		"GPU %d: %s of its %s are taken: %s", device, used, total, line);
	doctor_reason(doctor, "out-of-memory");
}

/* NVML is told of only where it knows more than the driver: it sees what is hidden from CUDA. */
void nvml_findings(struct doctor *doctor, struct probe *probe)
{
	const struct answer *answer = &probe->answer;

	if (probe_finish(probe, doctor_now() + DRIVER_WAIT) != PROBE_ANSWERED || !answer->loaded)
		return;
	if (answer->status) {
		doctor_add(doctor, doctor->usable ? LEVEL_NOTE : LEVEL_PROBLEM, "nvml",
			"see what nvidia-smi says", "NVML does not start: status %d (%s)",
			answer->status, answer->path);
		return;
	}
	doctor_add(doctor, LEVEL_OK, "nvml", NULL, "driver %s, %d GPU%s%s%s", answer->driver,
		answer->count, answer->count == 1 ? "" : "s", answer->count > 0 ? ": " : "",
		answer->count > 0 ? answer->names[0] : "");
	for (int i = 0; i < answer->count && i < PROBE_DEVICES; i++) {
		add_full(doctor, &answer->holders[i], i);
		if (answer->mig[i] == 1)
			doctor_add(doctor, LEVEL_NOTE, "nvml",
				"nvidia-smi -L lists its instances; without one: nvidia-smi mig "
				"-cgi 0 -C",
				"GPU %d is in MIG mode: programs see an instance of it, not the "
				"GPU",
				i);
	}
}
