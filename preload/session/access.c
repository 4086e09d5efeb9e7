/* SPDX-License-Identifier: MIT */
#include "access.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../segment/layout.h"

enum { PATH_SIZE = 512 };

static bool path_of(char to[PATH_SIZE], const char *root, const char *path, const char *name)
{
	int n = snprintf(to, PATH_SIZE, "%s%s%s", root, path, name);

	return n > 0 && n < PATH_SIZE;
}

static bool exists(const char *root, const char *path)
{
	char full[PATH_SIZE];

	return path_of(full, root, path, "") && access(full, F_OK) == 0;
}

/* access(2) does not know of a container's device rules; opening, as the driver does, does. */
static bool opens(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_number(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return !strncmp(name, prefix, length) && name[length] &&
	       strspn(name + length, "0123456789") == strlen(name + length);
}

/* /dev/nvidia0 and so on: one that opens is enough. */
static uint32_t look_at_devices(const char *root)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	uint32_t found = 0;
	DIR *folder;

	if (!path_of(path, root, "/dev", ""))
		return 0;
	folder = opendir(path);
	while (folder && !(found & ACCESS_DEVICE_OPENS) && (entry = readdir(folder))) {
		if (!has_number(entry->d_name, "nvidia") ||
			!path_of(path, root, "/dev/", entry->d_name))
			continue;
		found |= ACCESS_DEVICE;
		if (opens(path))
			found |= ACCESS_DEVICE_OPENS;
	}
	if (folder)
		closedir(folder);
	return found;
}

static bool has_entry(const char *path, const char *prefix)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (folder && !found && (entry = readdir(folder)))
		found = !strncmp(entry->d_name, prefix, strlen(prefix));
	if (folder)
		closedir(folder);
	return found;
}

/*
 * /proc/driver/nvidia/capabilities/gpuN/mig is there for a GPU in MIG mode, and giM in it for each
 * GPU instance ("Device Nodes and Capabilities" in NVIDIA's MIG User Guide).
 */
static bool mig_is_empty(const char *root)
{
	char path[PATH_SIZE], mig[PATH_SIZE + 264];
	struct dirent *entry;
	unsigned modes = 0, gpus = 0, instances = 0;
	DIR *folder;

	if (!path_of(path, root, "/proc/driver/nvidia/capabilities", ""))
		return false;
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (!has_number(entry->d_name, "gpu"))
			continue;
		gpus++;
		snprintf(mig, sizeof(mig), "%s/%s/mig", path, entry->d_name);
		modes += access(mig, F_OK) == 0;
		instances += has_entry(mig, "gi");
	}
	if (folder)
		closedir(folder);
	return gpus && modes == gpus && !instances;
}

uint32_t access_look(const char *root)
{
	uint32_t found = ACCESS_KNOWN | look_at_devices(root);
	char path[PATH_SIZE];

	if (exists(root, "/proc/driver/nvidia/version"))
		found |= ACCESS_DRIVER;
	if (exists(root, "/dev/nvidiactl"))
		found |= ACCESS_CONTROL;
	if (path_of(path, root, "/dev/nvidiactl", "") && opens(path))
		found |= ACCESS_CONTROL_OPENS;
	if (exists(root, "/.dockerenv") || exists(root, "/run/.containerenv") ||
		exists(root, "/.singularity.d"))
		found |= ACCESS_CONTAINER;
	if (exists(root, "/dev/dxg") || exists(root, "/dev/nvhost-ctrl") ||
		exists(root, "/dev/nvhost-gpu") || exists(root, "/dev/nvgpu"))
		found |= ACCESS_OTHER;
	if (mig_is_empty(root))
		found |= ACCESS_MIG_EMPTY;
	return found;
}
