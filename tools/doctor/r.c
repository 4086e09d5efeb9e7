/*
 * R: what its own start adds to the loader's path, and the packages that have a GPU side.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

enum { HOMES_MAX = 8, LIBRARIES_MAX = 32 };

struct list {
	char *at[LIBRARIES_MAX];
	unsigned n, max;
};

/* Real paths, each once; folders that are there. */
static void list_add(struct list *list, const char *path)
{
	char *real = realpath(path, NULL);

	for (unsigned i = 0; real && i < list->n; i++) {
		if (!strcmp(list->at[i], real)) {
			free(real);
			return;
		}
	}
	if (real && list->n < list->max)
		list->at[list->n++] = real;
	else
		free(real);
}

static void list_add_glob(struct list *list, const char *pattern)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		list_add(list, found.gl_pathv[i]);
	globfree(&found);
}

static void list_free(struct list *list)
{
	while (list->n)
		free(list->at[--list->n]);
}

/* The front end in PATH is a script with a line R_HOME_DIR=... */
static void add_from_script(const struct doctor *doctor, struct list *homes, const char *script)
{
	static const char key[] = "R_HOME_DIR=";
	char line[PATH_MAX], path[PATH_MAX];
	FILE *file = fopen(script, "re");

	for (int i = 0; file && i < 100 && fgets(line, sizeof(line), file); i++) {
		if (strncmp(line, key, sizeof(key) - 1))
			continue;
		line[strcspn(line, "\n")] = 0;
		if (doctor_path(doctor, path, "%s", line + sizeof(key) - 1))
			list_add(homes, path);
		break;
	}
	if (file)
		fclose(file);
}

static void find_homes(const struct doctor *doctor, struct list *homes)
{
	static const char *const usual[] = { "/usr/lib/R", "/usr/lib64/R", "/usr/local/lib/R",
		"/usr/local/lib64/R", "/opt/R/*/lib/R" };
	const char *variable = getenv("R_HOME"), *path = getenv("PATH");
	char full[PATH_MAX];

	if (variable && doctor_path(doctor, full, "%s", variable))
		list_add(homes, full);
	while (path && *path) {
		size_t length = strcspn(path, ":");

		if (doctor_path(doctor, full, "%.*s/R", (int)length, path))
			add_from_script(doctor, homes, full);
		path += length + (path[length] != 0);
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (doctor_path(doctor, full, "%s/bin", usual[i])) {
			glob_t found;

			if (glob(full, 0, NULL, &found))
				continue;
			for (size_t k = 0; k < found.gl_pathc; k++) {
				*strrchr(found.gl_pathv[k], '/') = 0;
				list_add(homes, found.gl_pathv[k]);
			}
			globfree(&found);
		}
}

/* etc/ldpaths is a script of assignments: every word in it that is a path, whatever the syntax. */
static void search_ldpaths(
	const struct doctor *doctor, const char *home, struct loader_search *search)
{
	static const char ends[] = ":;\"'{}=$() \t\n";
	char path[PATH_MAX], line[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/ldpaths", home);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (*line == '#')
			continue;
		for (char *word = strtok(line, ends); word; word = strtok(NULL, ends))
			if (*word == '/' && doctor_path(doctor, path, "%s", word))
				loader_search_add(search, path, NULL);
	}
	if (file)
		fclose(file);
}

static bool keep_first(const char *path, void *data)
{
	snprintf(data, PATH_MAX, "%s", path);
	return false;
}

/* What R finds by its own settings and this shell does not. */
static void add_home(struct doctor *doctor, const char *home)
{
	static const char *const stems[] = { "libcudart", "libcublas", "libcudnn" };
	struct loader_search own = doctor->search;
	char path[PATH_MAX], name[256];
	unsigned more = 0;

	own.n_folders = own.n_common = 0;
	own.cache.count = 0; /* the folders of ldpaths alone */
	search_ldpaths(doctor, home, &own);
	for (unsigned i = 0; i < own.n_folders; i++) {
		for (size_t k = 0; k < sizeof(stems) / sizeof(*stems); k++) {
			struct loader_search one = own;

			one.n_folders = 1;
			memcpy(one.folders[0], own.folders[i], sizeof(one.folders[0]));
			*path = 0;
			one.root = "/nonexistent"; /* no default folders */
			loader_search_versions(&one, stems[k], keep_first, path);
			if (!*path || library_found(doctor, stems[k], name))
				continue;
			more++;
			doctor_add(doctor, LEVEL_OK, "R", NULL,
				"%s finds %s by its etc/ldpaths, this shell does not",
				doctor_shown(doctor, home), doctor_shown(doctor, path));
		}
	}
	if (!more)
		doctor_add(doctor, LEVEL_NOTE, "R", NULL,
			"%s: etc/ldpaths adds no CUDA library to what the loader finds",
			doctor_shown(doctor, home));
}

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
	if (!build)
		doctor_add(doctor, LEVEL_PROBLEM, "R torch", "R: torch::install_torch()",
			"installed in %s, but its libtorch was not downloaded",
			doctor_shown(doctor, library));
	else if (!strcmp(build, "CPU build"))
		doctor_add(doctor, LEVEL_NOTE, "R torch",
			"R: torch::install_torch(type = \"<CUDA version>\", reinstall = TRUE)",
			"CPU build: it never uses a GPU (%s)", doctor_shown(doctor, path));
	else
		doctor_add(doctor, LEVEL_OK, "R torch", NULL, "%s (%s)", build,
			doctor_shown(doctor, path));
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

static void add_xgboost(struct doctor *doctor, const char *library)
{
	char path[PATH_MAX];
	const char *build;

	snprintf(path, sizeof(path), "%s/xgboost/libs/xgboost.so", library);
	build = framework_found(doctor, path);
	if (!build)
		return;
	doctor_add(doctor, strcmp(build, "CPU build") ? LEVEL_OK : LEVEL_NOTE, "R xgboost",
		strcmp(build, "CPU build") ? NULL : "R: the GPU package of XGBoost's releases",
		"%s (%s)", build, doctor_shown(doctor, path));
}

/* RStudio Server can set LD_LIBRARY_PATH for its sessions; else they have the service's. */
static void add_rstudio(struct doctor *doctor)
{
	static const char key[] = "rsession-ld-library-path=";
	char path[PATH_MAX], line[1024];
	FILE *file;

	if (!doctor_path(doctor, path, "/etc/rstudio/rserver.conf"))
		return;
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, key, sizeof(key) - 1))
			doctor_add(doctor, LEVEL_NOTE, "RStudio", NULL,
				"its sessions start with LD_LIBRARY_PATH=%s",
				line + sizeof(key) - 1);
	}
	if (file)
		fclose(file);
}

void r_findings(struct doctor *doctor)
{
	struct list homes = { .max = HOMES_MAX }, libraries = { .max = LIBRARIES_MAX };

	find_homes(doctor, &homes);
	for (unsigned i = 0; i < homes.n && !doctor_late(doctor); i++)
		add_home(doctor, homes.at[i]);
	add_rstudio(doctor);
	find_libraries(doctor, &libraries, &homes);
	for (unsigned i = 0; i < libraries.n && !doctor_late(doctor); i++) {
		add_torch(doctor, libraries.at[i]);
		add_cuda_packages(doctor, libraries.at[i]);
		add_xgboost(doctor, libraries.at[i]);
	}
	list_free(&homes);
	list_free(&libraries);
}
