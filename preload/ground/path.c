/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <string.h>
#include <sys/stat.h>

const char *path_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_leads_to(const char *path, const struct stat *file)
{
	struct stat found;

	return *path && !stat(path, &found) && found.st_dev == file->st_dev &&
	       found.st_ino == file->st_ino;
}
