/* SPDX-License-Identifier: MIT */
/*
 * The machine: NVIDIA's hardware, the kernel's driver, device files; and the variables that hide
 * devices or lead to wrong libraries.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "report/facts.h"
#include "report/sentences.h"
#include "session/access.h"
#include "segment/layout.h"

static bool reads(const char *folder, const char *name, const char *begins)
{
	char path[PATH_MAX], line[64] = "";
	bool same = false;
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	file = fopen(path, "re");
	if (file) {
		same = fgets(line, sizeof(line), file) && !strncmp(line, begins, strlen(begins));
		fclose(file);
	}
	return same;
}

/* PCI: NVIDIA is 0x10de; class 0x0300 is a VGA controller, 0x0302 a 3D controller (pci.ids). */
static unsigned gpus_on_bus(const struct doctor *doctor)
{
	char pattern[PATH_MAX];
	unsigned found = 0;
	glob_t devices;

	if (!doctor_path(doctor, pattern, "/sys/bus/pci/devices/*") ||
		glob(pattern, GLOB_NOSORT, NULL, &devices))
		return 0;
	for (size_t i = 0; i < devices.gl_pathc; i++)
		found += reads(devices.gl_pathv[i], "vendor", "0x10de") &&
			 reads(devices.gl_pathv[i], "class", "0x03");
	globfree(&devices);
	return found;
}

static void add_kernel(struct doctor *doctor)
{
	unsigned gpus = gpus_on_bus(doctor);

	if (doctor->access & ACCESS_DRIVER)
		doctor_add(doctor, LEVEL_OK, "kernel", NULL,
			"the kernel has the NVIDIA driver (/proc/driver/nvidia)");
	else if (doctor->access & ACCESS_OTHER)
		doctor_add(doctor, LEVEL_OK, "kernel", NULL,
			"WSL or a Jetson: the GPU has other device files");
	else if (gpus && doctor_exists(doctor, "/sys/module/nouveau"))
		doctor_add(doctor, LEVEL_PROBLEM, "kernel",
			"install the NVIDIA driver, which replaces nouveau, and restart",
			"%u NVIDIA GPU%s, driven by nouveau: no CUDA", gpus, gpus == 1 ? "" : "s");
	else if (gpus)
		doctor_add(doctor, LEVEL_PROBLEM, "kernel",
			"install the NVIDIA driver (Ubuntu: ubuntu-drivers install; Debian: apt "
			"install nvidia-driver), or modprobe nvidia",
			"%u NVIDIA GPU%s on the PCI bus, but no NVIDIA driver in the kernel", gpus,
			gpus == 1 ? "" : "s");
	else
		doctor_add(doctor, LEVEL_NOTE, "kernel", NULL,
			"no NVIDIA driver in the kernel, no NVIDIA GPU on the PCI bus");
}

static void add_files(struct doctor *doctor)
{
	const uint32_t access = doctor->access;
	const uint32_t open = ACCESS_CONTROL_OPENS | ACCESS_DEVICE_OPENS;
	bool there = (access & ACCESS_CONTROL) && (access & ACCESS_DEVICE);
	/* In the report's words. */
	const struct session_snapshot session = { .figures.driver.access = access };
	char fix[512];
	struct text text = text_in(fix, sizeof(fix));

	advise_files(&text, &session);
	if ((access & open) == open)
		doctor_add(doctor, LEVEL_OK, "files", NULL,
			"/dev/nvidiactl and /dev/nvidiaN can be opened");
	else if (there)
		doctor_add(doctor, LEVEL_PROBLEM, "files", fix,
			"/dev/nvidia* are there, but may not be opened");
	else if (access & ACCESS_DRIVER)
		doctor_add(doctor, LEVEL_PROBLEM, "files", fix,
			"the kernel has the driver, but %s is missing",
			access & ACCESS_CONTROL ? "/dev/nvidia0" : "/dev/nvidiactl");
	if (there && !doctor_exists(doctor, "/dev/nvidia-uvm"))
		doctor_add(doctor, LEVEL_PROBLEM, "files", "nvidia-modprobe -u makes it",
			"/dev/nvidia-uvm is missing: cuInit fails without it");
}

void machine_findings(struct doctor *doctor)
{
	add_kernel(doctor);
	if (!(doctor->access & ACCESS_OTHER))
		add_files(doctor);
	if (doctor->access & ACCESS_CONTAINER)
		doctor_add(doctor, LEVEL_NOTE, "container", NULL, "this is inside a container");
	if (doctor->access & ACCESS_MIG_EMPTY)
		doctor_add(doctor, LEVEL_PROBLEM, "mig", "nvidia-smi mig -cgi 0 -C, as root",
			"the GPUs are in MIG mode and have no instance");
}

static bool one_of(const char *value, const char *const *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(value, values[i]))
			return true;
	return false;
}

static void add_visible(struct doctor *doctor)
{
	const char *value = getenv("CUDA_VISIBLE_DEVICES");

	if (!value)
		return;
	if (facts_hides_all(value))
		doctor_add(doctor, LEVEL_PROBLEM, "variable", "unset CUDA_VISIBLE_DEVICES",
			"CUDA_VISIBLE_DEVICES=\"%s\" hides all devices", value);
	else
		doctor_add(doctor, LEVEL_NOTE, "variable", NULL,
			"CUDA_VISIBLE_DEVICES=\"%s\": programs see no other devices", value);
}

static void add_container_variable(struct doctor *doctor)
{
	static const char *const none[] = { "", "none", "void" };
	const char *value = getenv("NVIDIA_VISIBLE_DEVICES");

	if (value && one_of(value, none, sizeof(none) / sizeof(*none)))
		doctor_add(doctor, doctor->usable ? LEVEL_NOTE : LEVEL_PROBLEM, "variable",
			"start the container with --gpus all, or -e NVIDIA_VISIBLE_DEVICES=all",
			"NVIDIA_VISIBLE_DEVICES=\"%s\": the container runtime gave it no GPU",
			value);
}

/* Folders in LD_LIBRARY_PATH that take the driver's place. */
static void add_library_path(struct doctor *doctor)
{
	static const struct {
		const char *folder, *what;
	} bad[] = { { "/stubs", "the toolkit's stub of libcuda, which no program can run on" },
		{ "/compat", "a libcuda for drivers of data-centre GPUs only" } };
	const char *path = getenv("LD_LIBRARY_PATH");

	for (size_t i = 0; path && i < sizeof(bad) / sizeof(*bad); i++)
		if (strstr(path, bad[i].folder))
			doctor_add(doctor, doctor->usable ? LEVEL_NOTE : LEVEL_PROBLEM, "variable",
				"take that folder out of LD_LIBRARY_PATH",
				"LD_LIBRARY_PATH has a folder %s: %s", bad[i].folder, bad[i].what);
}

/* What the driver itself loads into each program that uses it: profilers, debuggers. */
static void add_injection(struct doctor *doctor)
{
	const char *path = getenv("CUDA_INJECTION64_PATH");

	if (path && *path)
		doctor_add(doctor, LEVEL_NOTE, "variable",
			doctor_exists(doctor, path) ? NULL : "unset CUDA_INJECTION64_PATH",
			"CUDA_INJECTION64_PATH=%s: cuInit loads that tool into each program%s",
			path, doctor_exists(doctor, path) ? "" : "; there is no such file");
}

void variable_findings(struct doctor *doctor)
{
	add_visible(doctor);
	add_container_variable(doctor);
	add_library_path(doctor);
	add_injection(doctor);
}
