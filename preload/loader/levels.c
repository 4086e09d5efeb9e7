/* SPDX-License-Identifier: MIT */
#include "levels.h"

#include <gnu/libc-version.h>
#include <string.h>

#include "../arch/levels.h"
#include "../ground/number.h"

/* Is the loader that of glibc 2.MINOR or a later one? */
static bool is_glibc(unsigned minor)
{
	const char *version = gnu_get_libc_version(), *end;

	return strncmp(version, "2.", 2) != 0 || number_read(version + 2, 10, &end) >= minor;
}

const char *loader_level(unsigned n)
{
	const unsigned levels = is_glibc(33) ? arch_levels() : 0;
	const unsigned old = is_glibc(37) ? 0 : arch_old_levels();

	if (n < levels)
		return arch_level(n);
	if (n < levels + old)
		return arch_old_level(n - levels);
	return n == levels + old ? "" : NULL;
}

bool loader_is_of_level(const char *path, const char *level)
{
	static const char folder[] = "/glibc-hwcaps/";
	const char *at = strstr(path, folder);

	if (!at)
		return !*level;
	return !strncmp(at + 1, level, strlen(level)) && *level;
}
