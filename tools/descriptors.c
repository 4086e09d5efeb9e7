/* SPDX-License-Identifier: MIT */
#include "descriptors.h"

#include <dirent.h>
#include <stdlib.h>

void descriptors_each(descriptor_found *found, void *data)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder))
			found(atoi(entry->d_name), data);
	if (folder)
		closedir(folder);
}
