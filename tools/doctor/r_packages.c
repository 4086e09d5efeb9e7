/* SPDX-License-Identifier: MIT */
/*
 * R's packages that have a GPU side, and the builds of them.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "lack.h"
#include "ground/path.h"
#include "list.h"
#include "loader/frameworks.h"

static void add_paths_of(const struct doctor *doctor, struct list *libraries, const char *variable)
{
	const char *value = getenv(variable);
	char full[PATH_MAX];

	while (value && *value) {
		size_t length = strcspn(value, ":");

		if (doctor_path(doctor, full, "%.*s", (int)length, value))
			list_add(libraries, full);
		value += length + (value[length] != 0);
	}
}

static void find_libraries(
	const struct doctor *doctor, struct list *libraries, const struct list *homes)
{
	static const char *const variables[] = { "R_LIBS", "R_LIBS_USER", "R_LIBS_SITE" };
	static const char *const usual[] = { "/usr/local/lib/R/site-library",
		"/usr/lib/R/site-library" };
	char full[PATH_MAX];

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		add_paths_of(doctor, libraries, variables[i]);
	if (doctor_path(doctor, full, "%s/R/*-library/*", doctor->home))
		list_add_glob(libraries, full);
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (doctor_path(doctor, full, "%s", usual[i]))
			list_add(libraries, full);
	for (unsigned i = 0; i < homes->n; i++) {
		snprintf(full, sizeof(full), "%s/library", homes->at[i]);
		list_add(libraries, full);
	}
}

/* Packages that compute with torch, and have no library of their own. */
static const char *on_torch(const char *library)
{
	static const struct {
		const char *package, *text;
	} packages[] = { { "tabnet", ", nor does tabnet, which runs on it" },
		{ "luz", ", nor does luz, which runs on it" } };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++) {
		snprintf(path, sizeof(path), "%s/%s/DESCRIPTION", library, packages[i].package);
		if (!access(path, F_OK))
			return packages[i].text;
	}
	return "";
}

/* By the library beside the one for CPUs. */
static bool is_outdated(struct doctor *doctor, const char *path)
{
	char beside[PATH_MAX];

	snprintf(beside, sizeof(beside), "%.*slibtorch_cuda.so", (int)(path_file(path) - path),
		path);
	return outdated_finding(
		doctor, "R torch", "R torch", runtime_needed(beside), doctor_shown(doctor, path));
}

/*
 * Its liblantern.so finds what package cuda12.8 and the like bring, if that is in the same library
 * of R's, and else what the loader finds.
 */
static bool lacks_library(struct doctor *doctor, const char *path)
{
	char lantern[PATH_MAX], fix[PATH_MAX + 128];
	struct lack lack;
	const char *slash;

	snprintf(
		lantern, sizeof(lantern), "%.*sliblantern.so", (int)(path_file(path) - path), path);
	lack_of(doctor, lantern, NULL, &lack);
	slash = strrchr(lack.path, '/');
	if (!lack.missing ||
		(!lack.broken && strstr(lack.path, "/cuda") && strstr(lack.path, "-library/")))
		return false;
	if (slash && !lack.broken)
		snprintf(fix, sizeof(fix),
			"LD_LIBRARY_PATH=%.*s:$LD_LIBRARY_PATH; for RStudio and services put it "
			"into R_HOME/etc/ldpaths",
			(int)(slash - lack.path), lack.path);
	else
		snprintf(fix, sizeof(fix),
			"torch::install_torch(reinstall = TRUE), whose own copies "
			"need the driver alone");
	doctor_add(doctor, LEVEL_PROBLEM, "R torch", fix, "GPU build, but %s is %s: %s (%s)",
		lack.name, lack.broken ? "there and cannot be loaded" : "not found", lack.words,
		doctor_shown(doctor, lantern));
	doctor_reason(doctor, "library-missing");
	return true;
}

/* R's torch downloads libtorch into its own folder, or TORCH_HOME, after it was installed. */
static void add_torch(struct doctor *doctor, const char *library)
{
	const char *elsewhere = getenv("TORCH_HOME"), *build;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/torch/DESCRIPTION", library);
	if (access(path, F_OK))
		return;
	if (!elsewhere || !doctor_path(doctor, path, "%s/lib/libtorch_cpu.so", elsewhere))
		snprintf(path, sizeof(path), "%s/torch/lib/libtorch_cpu.so", library);
	build = framework_found(doctor, path);
	if (!build) {
		doctor_add(doctor, LEVEL_PROBLEM, "R torch", "R: torch::install_torch()",
			"installed in %s, but its libtorch was not downloaded",
			doctor_shown(doctor, library));
	} else if (!strcmp(build, "CPU build")) {
		doctor_add(doctor, LEVEL_NOTE, "R torch", framework_of(path)->r,
			"CPU build: it never uses a GPU%s (%s)", on_torch(library),
			doctor_shown(doctor, path));
		doctor_reason(doctor, "cpu-build");
	} else if (!is_outdated(doctor, path) && !lacks_library(doctor, path)) {
		doctor_add(doctor, LEVEL_OK, "R torch", NULL, "%s (%s)", build,
			doctor_shown(doctor, path));
	}
}

/* The packages cuda12.8 and the like, which R's torch loads NVIDIA's libraries from. */
static void add_cuda_packages(struct doctor *doctor, const char *library)
{
	char pattern[PATH_MAX];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/cuda[0-9]*/DESCRIPTION", library);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		*strrchr(found.gl_pathv[i], '/') = 0;
		doctor_add(doctor, LEVEL_OK, "R torch", NULL,
			"package %s brings NVIDIA's libraries",
			doctor_shown(doctor, found.gl_pathv[i]));
	}
	globfree(&found);
}

/* Packages with a library of their own: what it is tells loader/frameworks.c. */
static void add_packages(struct doctor *doctor, const char *library)
{
	static const struct {
		const char *subject, *path;
	} packages[] = { { "R xgboost", "xgboost/libs/xgboost.so" },
		{ "R lightgbm", "lightgbm/libs/lightgbm.so" },
		{ "R catboost", "catboost/libs/libcatboostr.so" } };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(packages) / sizeof(*packages); i++) {
		const struct framework *framework;
		const char *build;

		snprintf(path, sizeof(path), "%s/%s", library, packages[i].path);
		build = framework_found(doctor, path);
		framework = framework_of(path);
		if (!build || !framework)
			continue;
		if (strcmp(build, "CPU build")) {
			doctor_add(doctor, LEVEL_OK, packages[i].subject, NULL, "%s (%s)", build,
				doctor_shown(doctor, path));
			continue;
		}
		doctor_add(doctor, LEVEL_NOTE, packages[i].subject, framework->r,
			"CPU build: %s %s (%s)", framework->name, framework->cpu,
			doctor_shown(doctor, path));
		doctor_reason(doctor, "cpu-build");
	}
}

void r_package_findings(struct doctor *doctor, const struct list *homes)
{
	struct list libraries = { .max = LIST_MAX };

	find_libraries(doctor, &libraries, homes);
	for (unsigned i = 0; i < libraries.n && !doctor_late(doctor); i++) {
		add_torch(doctor, libraries.at[i]);
		add_cuda_packages(doctor, libraries.at[i]);
		add_packages(doctor, libraries.at[i]);
	}
	list_free(&libraries);
}
