/* SPDX-License-Identifier: MIT */
/*
 * The libraries above the driver, where the loader finds them from here; and what only this
 * shell's LD_LIBRARY_PATH leads to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "ground/path.h"
#include "loader/frameworks.h"

static const struct {
	const char *stem, *title;
} libraries[] = { { "libcudart", "the CUDA runtime" }, { "libcublas", "cuBLAS" },
	{ "libcudnn", "cuDNN" } };

enum { LIBRARIES = sizeof(libraries) / sizeof(*libraries), TEXT_MAX = 512 };

struct versions {
	char text[TEXT_MAX]; /* "libcudnn.so.9 (/usr/lib), ..." */
	char first[256];
};

/* Versions as programs ask for them: libcudnn.so.9, not libcudnn.so nor libcudnn.so.9.1.0. */
static bool is_asked_for(const char *name)
{
	const char *version = strstr(name, ".so.");
	const char *dot = version ? strchr(version + 4, '.') : NULL;

	return version && (!dot || !strcmp(dot, ".0"));
}

static bool add_version(const char *path, enum loader_way way, void *data)
{
	struct versions *versions = data;
	const char *name = path_file(path);
	size_t used = strlen(versions->text);
	char item[300];

	snprintf(item, sizeof(item), "%s (", name);
	(void)way;
	if (!is_asked_for(name) || strstr(versions->text, item))
		return true;
	if (!used)
		snprintf(versions->first, sizeof(versions->first), "%s", name);
	snprintf(versions->text + used, TEXT_MAX - used, "%s%s%.*s)", used ? ", " : "", item,
		(int)(name - path - 1), path);
	return true;
}

const char *library_found(struct doctor *doctor, const char *stem, char name[256])
{
	struct versions versions = { "", "" };

	loader_search_versions(&doctor->search, NULL, stem, add_version, &versions);
	snprintf(name, 256, "%s", versions.first);
	return *name ? name : NULL;
}

const char *framework_found(const struct doctor *doctor, const char *path)
{
	if (!doctor_exists(doctor, doctor_shown(doctor, path)))
		return NULL;
	switch (framework_build(path)) {
	case BUILD_GPU:
		return "GPU build";
	case BUILD_CPU:
		return "CPU build";
	default:
		return "build unknown";
	}
}

/* Sessions of RStudio Server, Jupyter and systemd have not the shell's variables. */
static void add_shell_only(struct doctor *doctor)
{
	struct loader_search *without = malloc(sizeof(*without));
	struct versions with, there;

	if (!without)
		return;
	*without = doctor->search;
	without->library_path = NULL;
	for (size_t i = 0; i < LIBRARIES; i++) {
		with = there = (struct versions){ "", "" };
		loader_search_versions(
			&doctor->search, NULL, libraries[i].stem, add_version, &with);
		loader_search_versions(without, NULL, libraries[i].stem, add_version, &there);
		if (*with.first && !*there.first)
			doctor_add(doctor, LEVEL_NOTE, "libraries",
				"put its folder into /etc/ld.so.conf.d and run ldconfig, or into "
				"R_HOME/etc/ldpaths",
				"%s is found by this LD_LIBRARY_PATH only: RStudio Server, "
				"Jupyter and services are started without it",
				with.first);
	}
	free(without);
}

void library_findings(struct doctor *doctor)
{
	for (size_t i = 0; i < LIBRARIES; i++) {
		struct versions versions = { "", "" };

		loader_search_versions(
			&doctor->search, NULL, libraries[i].stem, add_version, &versions);
		if (*versions.text)
			doctor_add(doctor, LEVEL_OK, "libraries", NULL, "%s", versions.text);
		else
			doctor_add(doctor, LEVEL_NOTE, "libraries",
				"programs that bring none of their own need it: install the CUDA "
				"toolkit or cuDNN, or set LD_LIBRARY_PATH",
				"%s (%s) is not where the loader looks", libraries[i].title,
				libraries[i].stem);
	}
	add_shell_only(doctor);
}
