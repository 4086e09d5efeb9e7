/* SPDX-License-Identifier: MIT */
/*
 * R: what its own start adds to the loader's path, and which driver that leads to.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "ground/path.h"
#include "doctor.h"
#include "list.h"
#include "loader/drivers.h"
#include "probe.h"

enum { HOMES_MAX = 8, SOURCE_WAIT = 2000 /* ms */ };

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

/*
 * LD_LIBRARY_PATH as R's front end sets it: by its script etc/ldpaths, and R_LD_LIBRARY_PATH of the
 * environment. To be freed; NULL: nobody knows.
 */
static char *library_path_of(const struct doctor *doctor, const char *home)
{
	static const char source[] = "export R_HOME=\"$1\"; . \"$0\" >/dev/null; "
				     "printf %s \"$LD_LIBRARY_PATH\"";
	char script[PATH_MAX];
	const char *command[] = { "sh", "-c", source, script, doctor_shown(doctor, home), NULL };
	size_t size;

	snprintf(script, sizeof(script), "%s/etc/ldpaths", home);
	return access(script, R_OK) ? NULL : capture(command, NULL, SOURCE_WAIT, &size);
}

/* Each folder below the root, or as it is where that is not there. */
static char *below_root(const struct doctor *doctor, char *list)
{
	size_t room = (strlen(doctor->root) + 2) * (strlen(list) + 2), used = 0;
	char *all = malloc(room), *rest = list, *folder;

	if (!all)
		return list;
	while ((folder = strsep(&rest, ":"))) {
		bool below = *doctor->root && doctor_exists(doctor, folder);

		used += (size_t)snprintf(all + used, room - used, "%s%s%s", used ? ":" : "",
			below ? doctor->root : "", folder);
	}
	free(list);
	return all;
}

static bool keep_first(const char *path, enum loader_way way, void *data)
{
	if (way == WAY_VARIABLE)
		snprintf(data, PATH_MAX, "%s", path);
	return false;
}

/* What R finds by its own settings and this shell does not. */
static void add_found(struct doctor *doctor, const char *home, struct loader_search *own)
{
	static const char *const stems[] = { "libcudart", "libcublas", "libcudnn" };
	char path[PATH_MAX], name[256];
	unsigned more = 0;

	for (size_t k = 0; k < sizeof(stems) / sizeof(*stems); k++) {
		*path = 0;
		loader_search_versions(own, NULL, stems[k], keep_first, path);
		if (!*path || library_found(doctor, stems[k], name))
			continue;
		more++;
		doctor_add(doctor, LEVEL_OK, "R", NULL,
			"%s finds %s by its etc/ldpaths, this shell does not",
			doctor_shown(doctor, home), doctor_shown(doctor, path));
	}
	if (!more)
		doctor_add(doctor, LEVEL_NOTE, "R", NULL,
			"%s: etc/ldpaths adds no CUDA library to what the loader finds",
			doctor_shown(doctor, home));
}

static bool same_file(const char *a, const char *b)
{
	struct stat left, right;

	return !stat(a, &left) && !stat(b, &right) && left.st_dev == right.st_dev &&
	       left.st_ino == right.st_ino;
}

/* R and this shell load two drivers: does R's work? */
static void add_driver(struct doctor *doctor, const char *home, struct loader_search *own)
{
	char shell[PATH_MAX] = "nowhere", fix[PATH_MAX + 64];
	struct answer *meant = calloc(1, sizeof(*meant));
	struct probe probe;
	const char *who;
	bool works;

	if (loader_search_find(&doctor->search, NULL, "libcuda.so.1") != WAY_NONE)
		snprintf(shell, sizeof(shell), "%s", doctor->search.path);
	if (!meant || loader_search_find(own, NULL, "libcuda.so.1") == WAY_NONE ||
		same_file(own->path, shell)) {
		free(meant);
		return;
	}
	snprintf(meant->path, sizeof(meant->path), "%s", own->path);
	probe_start(&probe, ask_driver, meant);
	free(meant);
	works = probe_finish(&probe, doctor_now() + DRIVER_WAIT) == PROBE_ANSWERED &&
		probe.answer.loaded && !probe.answer.status && probe.answer.count > 0;
	setenv("R_HOME", doctor_shown(doctor, home), 1);
	who = loader_who_put_first(own->library_path, own->path);
	snprintf(fix, sizeof(fix), "take %.*s out of %s", (int)(path_file(own->path) - own->path),
		own->path, who ? who : "LD_LIBRARY_PATH");
	doctor_add(doctor, works ? LEVEL_NOTE : LEVEL_PROBLEM, "R", works ? NULL : fix,
		"R loads another driver than this shell: %s, which %s, as %s puts its folder first "
		"(this shell: %s)",
		doctor_shown(doctor, own->path), works ? "works" : "does not work",
		who ? who : "its environment", shell);
}

/* What R's startup files set comes too late for the loader, and in time for the driver. */
static void add_startup_file(struct doctor *doctor, const char *folder, const char *name)
{
	static const char visible[] = "CUDA_VISIBLE_DEVICES=", loader[] = "LD_LIBRARY_PATH=";
	char path[PATH_MAX], line[1024];
	FILE *file = doctor_path(doctor, path, "%s/%s", folder, name) ? fopen(path, "re") : NULL;

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, visible, sizeof(visible) - 1))
			doctor_add(doctor, LEVEL_NOTE, "R", "take the line out", "%s sets %s",
				doctor_shown(doctor, path), line);
		else if (!strncmp(line, loader, sizeof(loader) - 1))
			doctor_add(doctor, LEVEL_NOTE, "R", "put it into R_HOME/etc/ldpaths",
				"%s sets %s: the loader has read that variable before",
				doctor_shown(doctor, path), line);
	}
	if (file)
		fclose(file);
}

static void add_home(struct doctor *doctor, const char *home)
{
	struct loader_search *own = malloc(sizeof(*own));
	char *path = library_path_of(doctor, home);

	if (own && path) {
		path = below_root(doctor, path);
		*own = doctor->search;
		own->library_path = path;
		add_driver(doctor, home, own);
		add_found(doctor, home, own);
	} else {
		doctor_add(doctor, LEVEL_NOTE, "R", NULL, "%s: etc/ldpaths could not be read",
			doctor_shown(doctor, home));
	}
	add_startup_file(doctor, doctor_shown(doctor, home), "etc/Renviron.site");
	free(path);
	free(own);
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
	struct list homes = { .max = HOMES_MAX };

	find_homes(doctor, &homes);
	for (unsigned i = 0; i < homes.n && !doctor_late(doctor); i++)
		add_home(doctor, homes.at[i]);
	add_startup_file(doctor, doctor->home, ".Renviron");
	add_rstudio(doctor);
	r_package_findings(doctor, &homes);
	list_free(&homes);
}
