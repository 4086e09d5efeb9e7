/* SPDX-License-Identifier: MIT */
#include "given.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind "KEY:" and blanks, to the line's end; NULL: it is another line. */
static const char *value(char *line, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(line, key, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	line += strspn(line, " \t");
	line[strcspn(line, " \t\r\n")] = 0;
	return line;
}

/* A GPU that was not used since the machine's start may have a UUID of question marks. */
static void read_information(struct machine_gpu *gpu, const char *driver)
{
	char path[512], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/gpus/%s/information", driver, gpu->bus);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *uuid = value(line, "GPU UUID"), *minor = value(line, "Device Minor");

		if (uuid && !strchr(uuid, '?'))
			snprintf(gpu->uuid, sizeof(gpu->uuid), "%.63s", uuid);
		if (minor && *minor >= '0' && *minor <= '9')
			gpu->minor = atoi(minor);
	}
	if (file)
		fclose(file);
}

static int compare(const void *a, const void *b)
{
	const struct machine_gpu *l = a, *r = b;

	return strcmp(l->bus, r->bus);
}

static bool has_instances(const char *driver)
{
	char pattern[512];
	glob_t found;
	bool some;

	snprintf(pattern, sizeof(pattern), "%s/capabilities/gpu*/mig/gi*", driver);
	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return false;
	some = found.gl_pathc != 0;
	globfree(&found);
	return some;
}

void given_read(struct machine_gpus *gpus, const char *driver)
{
	char path[512];
	struct dirent *entry;
	DIR *folder;

	memset(gpus, 0, sizeof(*gpus));
	snprintf(path, sizeof(path), "%s/gpus", driver);
	folder = opendir(path);
	if (!folder)
		return;
	gpus->listed = true;
	while ((entry = readdir(folder))) {
		struct machine_gpu *gpu = &gpus->all[gpus->n];

		if (*entry->d_name == '.')
			continue;
		if (gpus->n == MACHINE_GPUS_MAX || strlen(entry->d_name) >= sizeof(gpu->bus)) {
			gpus->listed = false;
			break;
		}
		strcpy(gpu->bus, entry->d_name);
		gpu->minor = -1;
		read_information(gpu, driver);
		gpus->n++;
	}
	closedir(folder);
	qsort(gpus->all, gpus->n, sizeof(*gpus->all), compare);
	gpus->parted = has_instances(driver);
}

static bool is_uuid(const char *id)
{
	return !strncmp(id, "GPU-", 4) || !strncmp(id, "MIG-", 4);
}

const char *given_uuid(const struct machine_gpus *gpus, const char *id)
{
	char *end;
	unsigned long number = strtoul(id, &end, 10);
	const struct machine_gpu *gpu;

	if (is_uuid(id))
		return id;
	if (*id < '0' || *id > '9' || *end || !gpus->listed || gpus->parted || number >= gpus->n)
		return NULL;
	gpu = &gpus->all[number];
	return gpu->uuid[0] && gpu->minor == (int)number ? gpu->uuid : NULL;
}
