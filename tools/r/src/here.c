/* SPDX-License-Identifier: MIT */
#include "here.h"

#include <dirent.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuda/interfaces.h"
#include "cuda/layers.h"
#include "ground/path.h"
#include "segment/paths.h"
#include "values.h"

enum { DRIVERS_MAX = 16 };

struct loaded {
	char library[PATH_MAX]; /* libgpuspy.so, "": it is not here */
	char driver[PATH_MAX];  /* libcuda, "": it is not here */
	uint32_t interfaces;
	struct {
		uintptr_t low, high;
	} drivers[DRIVERS_MAX]; /* where they lie */
	unsigned n_drivers;
};

static bool is_driver(const char *path)
{
	return layer_of_library(path) == LAYER_DRIVER;
}

static void note_place(struct loaded *loaded, const struct dl_phdr_info *info)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD)
			continue;
		low = at < low ? at : low;
		high = at + part->p_memsz > high ? at + part->p_memsz : high;
	}
	if (loaded->n_drivers == DRIVERS_MAX)
		return;
	loaded->drivers[loaded->n_drivers].low = low & ~(uintptr_t)4095;
	loaded->drivers[loaded->n_drivers++].high = high;
}

static int note_object(struct dl_phdr_info *info, size_t size, void *context)
{
	struct loaded *loaded = context;
	const char *path = info->dlpi_name;

	(void)size;
	if (!path || !*path)
		return 0;
	loaded->interfaces |= interface_of_library(path);
	if (!strcmp(path_file(path), "libgpuspy.so") && !*loaded->library)
		snprintf(loaded->library, sizeof(loaded->library), "%s", path);
	if (is_driver(path)) {
		snprintf(loaded->driver, sizeof(loaded->driver), "%s", path);
		note_place(loaded, info);
	}
	return 0;
}

static bool is_listed(const struct loaded *loaded, uintptr_t address)
{
	for (unsigned i = 0; i < loaded->n_drivers; i++)
		if (address >= loaded->drivers[i].low && address < loaded->drivers[i].high)
			return true;
	return false;
}

/* "7f0-7f1 r-xp 00001000 103:02 1234   /usr/lib/libcuda.so.1", proc(5). */
static void look_at_mapping(
	struct segment_witness *seen, const struct loaded *loaded, const char *line)
{
	const char *path = strchr(line, '/'), *rights = strchr(line, ' ');

	if (!path || !rights || rights > path)
		return;
	seen->files |= device_file(path);
	if (strncmp(rights, " r-xp", 5) != 0)
		return;
	seen->interfaces |= interface_of_library(path);
	if (!is_driver(path))
		return;
	seen->drivers++;
	seen->drivers_hidden += !is_listed(loaded, (uintptr_t)strtoull(line, NULL, 16));
}

static bool look_at_mappings(struct segment_witness *seen, const struct loaded *loaded)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (!maps)
		return false;
	while ((length = getline(&line, &room, maps)) > 0) {
		line[length - 1] = 0;
		look_at_mapping(seen, loaded, line);
	}
	free(line);
	fclose(maps);
	return true;
}

static bool look_at_descriptors(struct segment_witness *seen)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	char path[64];

	if (!folder)
		return false;
	while ((entry = readdir(folder))) {
		ssize_t n = readlinkat(dirfd(folder), entry->d_name, path, sizeof(path) - 1);

		if (n <= 0)
			continue;
		path[n] = 0;
		seen->files |= device_file(path);
	}
	closedir(folder);
	return true;
}

bool here_look(struct segment_witness *seen)
{
	static struct loaded loaded;

	memset(&loaded, 0, sizeof(loaded));
	dl_iterate_phdr(note_object, &loaded);
	seen->interfaces |= loaded.interfaces;
	seen->looked |= LOOKED_AT_LIBRARIES;
	seen->drivers = seen->drivers_hidden = 0;
	if (!look_at_mappings(seen, &loaded) || !look_at_descriptors(seen))
		return false;
	seen->looked |= LOOKED_AT_KERNEL;
	return true;
}

SEXP package_here(void)
{
	static struct loaded loaded;
	struct list list;

	memset(&loaded, 0, sizeof(loaded));
	dl_iterate_phdr(note_object, &loaded);
	list = list_begin(4);
	list_put(&list, "library", value_path(*loaded.library ? loaded.library : NULL));
	list_put(&list, "driver", value_path(*loaded.driver ? loaded.driver : NULL));
	list_put(&list, "pid", value_number(getpid()));
	list_put(&list, "start_ticks", value_number((double)paths_start_ticks(getpid())));
	return list_end(&list);
}
