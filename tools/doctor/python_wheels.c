/* SPDX-License-Identifier: MIT */
/*
 * NVIDIA's wheels that are older than the framework beside them requires: pip installs such ones,
 * and says so in a line that passes by.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "ground/path.h"

/* Of "Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.8; ...": the name, and the least version. */
struct requirement {
	char name[64], least[32];
};

static bool read_line(struct requirement *requirement, const char *line)
{
	const char *name = after_start(line, "Requires-Dist: "), *least;
	size_t length = name ? strcspn(name, " <>=!~;([\n") : 0;

	if (!length || length >= sizeof(requirement->name) || strncmp(name, "nvidia-", 7) != 0)
		return false;
	snprintf(requirement->name, sizeof(requirement->name), "%.*s", (int)length, name);
	least = strstr(name, ">=");
	if (!least)
		return false;
	least += 2 + strspn(least + 2, " ");
	snprintf(requirement->least, sizeof(requirement->least), "%.*s",
		(int)strspn(least, "0123456789."), least);
	return true;
}

static bool is_older(const char *version, const char *least)
{
	char *rest, *other;

	while (*least) {
		long own = strtol(version, &rest, 10), wanted = strtol(least, &other, 10);

		if (own != wanted || other == least)
			return own < wanted;
		version = rest + (*rest == '.');
		least = other + (*other == '.');
	}
	return false;
}

/* 9.1.0.70 of SITE/nvidia_cudnn_cu12-9.1.0.70.dist-info; false: it is not there. */
static bool installed(const char *site, const char *name, char version[32])
{
	char path[PATH_MAX], *at;
	size_t length = strlen(name);
	glob_t found;

	snprintf(path, sizeof(path), "%s/%s-[0-9]*.dist-info", site, name);
	for (at = path + strlen(site); (size_t)(at - path) < strlen(site) + 1 + length; at++)
		*at = *at == '-' ? '_' : *at;
	if (glob(path, 0, NULL, &found))
		return false;
	at = (char *)(uintptr_t)path_file(found.gl_pathv[0]) + length + 1;
	snprintf(version, 32, "%.*s", (int)(strspn(at, "0123456789.") - 1),
		at); /* "....dist-info" */
	globfree(&found);
	return true;
}

static void check_line(struct doctor *doctor, const char *site, const char *framework,
	const char *told, const char *line)
{
	struct requirement requirement;
	char version[32], fix[160];

	if (!read_line(&requirement, line) || !installed(site, requirement.name, version) ||
		!is_older(version, requirement.least))
		return;
	snprintf(
		fix, sizeof(fix), "pip install -U \"%s>=%s\"", requirement.name, requirement.least);
	doctor_add(doctor, LEVEL_PROBLEM, "python", fix,
		"%s: requires %s %s or newer, and %s is installed (%s)", framework,
		requirement.name, requirement.least, version, told);
}

void python_wheel_findings(struct doctor *doctor, const char *site, const char *metadata,
	const char *framework, const char *told)
{
	FILE *file = fopen(metadata, "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		check_line(doctor, site, framework, told, line);
	if (file)
		fclose(file);
}
