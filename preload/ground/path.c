/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <string.h>

const char *path_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
