/* SPDX-License-Identifier: MIT */
#include "pass_on.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../segment/paths.h"
#include "environment.h"
#include "imports.h"
#include "variables.h"

/* The loader has the name that it was given, which may be relative to where we are now. */
static bool own_path(char path[PATHS_MAX])
{
	const char *name = imports_own_path();
	size_t used = 0;

	if (*name != '/') {
		if (!getcwd(path, PATHS_MAX - 1))
			return false;
		used = strlen(path);
		path[used++] = '/';
	}
	if (used + strlen(name) >= PATHS_MAX)
		return false;
	strcpy(path + used, name);
	return !strpbrk(path, " :");
}

static bool is_listed(const char *list, const char *path)
{
	size_t length = strlen(path);

	for (; *list; list += list[strcspn(list, " :")] ? 1 : 0) {
		size_t word = strcspn(list, " :");

		if (word == length && !memcmp(list, path, length))
			return true;
		list += word;
	}
	return false;
}

bool pass_on(void)
{
	/* It stays in the environment. */
	LARGE static char assignment[sizeof("LD_PRELOAD=") + 4 * PATHS_MAX];
	const char *before = variable("LD_PRELOAD");
	char path[PATHS_MAX];

	if (!own_path(path))
		return false;
	if (before && is_listed(before, path))
		return true;
	if ((size_t)snprintf(assignment, sizeof(assignment), "LD_PRELOAD=%s%s%s", path,
		    before ? ":" : "", before ? before : "") >= sizeof(assignment))
		return false;
	environment_put(assignment);
	return true;
}
