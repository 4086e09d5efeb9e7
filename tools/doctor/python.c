/* SPDX-License-Identifier: MIT */
/*
 * Python's environments that reticulate, or a shell, could come to, and the builds of the
 * frameworks in them, by their files.
 */
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"

enum { PLACES_MAX = 96 };

struct environment {
	const char *kind; /* constant */
	char *prefix;     /* in which lib/python3.x/site-packages is */
};

struct places {
	struct doctor *doctor;
	struct environment at[PLACES_MAX];
	unsigned n;
	bool full;
};

static void add_prefix(struct places *places, const char *kind, const char *prefix)
{
	char *real = realpath(prefix, NULL);

	for (unsigned i = 0; real && i < places->n; i++) {
		if (!strcmp(places->at[i].prefix, real)) {
			free(real);
			return;
		}
	}
	if (real && places->n < PLACES_MAX)
		places->at[places->n++] = (struct environment){ kind, real };
	else
		free(real);
	places->full |= places->n == PLACES_MAX;
}

/* All that match, below the root; the pattern's last part may be "*". */
__attribute__((format(printf, 3, 4))) static void add_pattern(
	struct places *places, const char *kind, const char *format, ...)
{
	char pattern[PATH_MAX];
	va_list arguments;
	glob_t found;
	int used = snprintf(pattern, sizeof(pattern), "%s", places->doctor->root);

	va_start(arguments, format);
	used += vsnprintf(pattern + used, sizeof(pattern) - (size_t)used, format, arguments);
	va_end(arguments);
	if (used >= (int)sizeof(pattern) || glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_prefix(places, kind, found.gl_pathv[i]);
	globfree(&found);
}

/* PREFIX/bin/python: the link is not followed, for a virtualenv's leads out of it. */
static void add_python(struct places *places, const char *kind, const char *python)
{
	char prefix[PATH_MAX];

	snprintf(prefix, sizeof(prefix), "%s", python);
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(prefix, '/');

		if (!slash)
			return;
		*slash = 0;
	}
	add_pattern(places, kind, "%s", prefix);
}

static void add_variables(struct places *places)
{
	static const struct {
		const char *name, *kind;
	} variables[] = { { "RETICULATE_PYTHON_ENV", "RETICULATE_PYTHON_ENV" },
		{ "VIRTUAL_ENV", "active virtualenv" }, { "CONDA_PREFIX", "active conda" } };
	const char *python = getenv("RETICULATE_PYTHON");

	if (python && *python && strcmp(python, "managed") != 0) {
		if (doctor_exists(places->doctor, python))
			add_python(places, "RETICULATE_PYTHON", python);
		else
			doctor_add(places->doctor, LEVEL_PROBLEM, "python",
				"unset it, or set it to a Python that is there",
				"RETICULATE_PYTHON=%s does not exist", python);
	}
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (getenv(variables[i].name))
			add_pattern(places, variables[i].kind, "%s", getenv(variables[i].name));
}

/* Where reticulate's virtualenv_root() and uv_... functions look (reticulate 1.41). */
static void add_virtualenvs(struct places *places)
{
	static const char *const roots[] = { "RETICULATE_VIRTUALENV_ROOT", "WORKON_HOME" };
	static const char archive[] = "R/reticulate/uv/cache/archive-v0/*";
	const char *home = places->doctor->home, *cache = getenv("R_USER_CACHE_DIR");

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (getenv(roots[i]))
			add_pattern(places, "virtualenv", "%s/*", getenv(roots[i]));
	add_pattern(places, "virtualenv", "%s/.virtualenvs/*", home);
	if (cache)
		add_pattern(places, "reticulate's uv", "%s/%s", cache, archive);
	if (getenv("XDG_CACHE_HOME"))
		add_pattern(places, "reticulate's uv", "%s/%s", getenv("XDG_CACHE_HOME"), archive);
	add_pattern(places, "reticulate's uv", "%s/.cache/%s", home, archive);
}

static void add_condas(struct places *places)
{
	static const char *const bases[] = { "miniconda3", "anaconda3", "miniforge3", "mambaforge",
		".local/share/r-miniconda" };

	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		add_pattern(places, "conda", "%s/%s", places->doctor->home, bases[i]);
		add_pattern(places, "conda", "%s/%s/envs/*", places->doctor->home, bases[i]);
	}
	add_pattern(places, "conda", "/opt/conda");
	add_pattern(places, "conda", "/opt/conda/envs/*");
}

static void add_path(struct places *places)
{
	const char *path = getenv("PATH");
	char python[PATH_MAX];

	while (path && *path) {
		size_t length = strcspn(path, ":");

		if (length) {
			snprintf(python, sizeof(python), "%.*s/python3", (int)length, path);
			if (doctor_exists(places->doctor, python))
				add_python(places, "PATH", python);
		}
		path += length + (path[length] != 0);
	}
	add_pattern(places, "user", "%s/.local", places->doctor->home);
	add_pattern(places, "system", "/usr");
	add_pattern(places, "system", "/usr/local");
}

static void look_at(struct doctor *doctor, const struct environment *environment)
{
	static const char *const patterns[] = { "lib/python3*/site-packages",
		"lib/python3*/dist-packages", "lib/python3/dist-packages",
		"lib64/python3*/site-packages" };
	char full[PATH_MAX];
	struct stat link;
	glob_t sites;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		/* A virtualenv's lib64 is a link to its lib. */
		snprintf(full, sizeof(full), "%s/lib64", environment->prefix);
		if (!strncmp(patterns[i], "lib64", 5) && !lstat(full, &link) &&
			S_ISLNK(link.st_mode))
			continue;
		snprintf(full, sizeof(full), "%s/%s", environment->prefix, patterns[i]);
		if (glob(full, 0, NULL, &sites))
			continue;
		for (size_t k = 0; k < sites.gl_pathc; k++)
			python_site_findings(doctor, environment->kind, sites.gl_pathv[k]);
		globfree(&sites);
	}
}

/* Modules of clusters (EasyBuild, Spack) add a framework's folder by this. */
static void look_at_pythonpath(struct doctor *doctor)
{
	const char *path = getenv("PYTHONPATH");
	char site[PATH_MAX];

	while (path && *path) {
		size_t length = strcspn(path, ":");

		if (length && doctor_path(doctor, site, "%.*s", (int)length, path))
			python_site_findings(doctor, "PYTHONPATH", site);
		path += length + (path[length] != 0);
	}
}

void python_findings(struct doctor *doctor)
{
	struct places places = { .doctor = doctor };
	unsigned before = doctor->n_findings, i;

	look_at_pythonpath(doctor);
	if (doctor->prefix) {
		add_pattern(&places, doctor->title, "%s", doctor->prefix);
		add_pattern(&places, "user", "%s/.local", doctor->home);
	} else {
		add_variables(&places);
		add_virtualenvs(&places);
		add_condas(&places);
		add_path(&places);
	}
	/* Of a command it is that one or two, however slow the machine is. */
	for (i = 0; i < places.n && (doctor->prefix || !doctor_late(doctor)); i++)
		look_at(doctor, &places.at[i]);
	if (i < places.n || places.full)
		doctor_add(doctor, LEVEL_NOTE, "python", NULL,
			"looked at %u environments, there are more", i);
	else if (doctor->n_findings == before)
		doctor_add(doctor, LEVEL_NOTE, "python", NULL,
			"no TensorFlow, torch, JAX, XGBoost or their like in %u places", places.n);
	while (places.n)
		free(places.at[--places.n].prefix);
}
