/* SPDX-License-Identifier: MIT */
#include "loading.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../ground/fork.h"
#include "../loader/why.h"
#include "../segment/writer.h"
#include "asked.h"
#include "libraries.h"
#include "loaded.h"
#include "needs.h"

enum { FOLLOWED_MAX = 64 }; /* other libraries than NVIDIA's that are followed on disk */

static unsigned followed;

void loading_start(void)
{
	needs_start(getenv("LD_LIBRARY_PATH"));
}

static void settle_nvidia(const struct asked *asked, const char *path)
{
	const char *words = library_words(*path ? path : asked->name);

	if (*path)
		library_lies(asked->name, path);
	if (words)
		library_failed(asked->name, words, NULL);
	/* It says so of what the file needs, too, and of one for another machine. */
	if (*path && words && strstr(words, WHY_NO_FILE))
		needs_follow(path, asked->asker);
	else if (!words && *path && !needs_follow(path, asked->asker))
		library_failed(asked->name, "it was found, but could not be loaded", NULL);
	if (!*path)
		needs_versions(asked->name, asked->asker);
}

/* Loaded before it was asked for, or by another name. */
static bool is_loaded(const struct asked *asked, char path[PATH_MAX])
{
	*path = 0;
	if (library_is_loaded(asked->name))
		return true;
	if (!asked->nvidia && followed++ >= FOLLOWED_MAX)
		return false;
	return needs_find(asked->name, asked->asker, path) && library_is_loaded(path);
}

static void settle(const struct asked *asked)
{
	char path[PATH_MAX];
	bool loaded = asked->came || is_loaded(asked, path);

	/* One that came may call itself otherwise (SONAME), and be gone by now. */
	if (loaded && asked->nvidia)
		library_came(asked->name);
	else if (!loaded && asked->nvidia)
		settle_nvidia(asked, path);
	else if (!loaded && *path)
		needs_follow(path, asked->asker);
}

void loading_end(void)
{
	asked_each(settle);
	needs_other_driver();
	if (segment && !fork_happened())
		libraries_explain();
}
