/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <string.h>

#include "arena.h"
#include "lock.h"

static struct arena names;

const char *name_keep(const char *name)
{
	const char *kept;

	lock_take(LOCK_NAMES);
	kept = arena_copy(&names, name, strlen(name));
	lock_give(LOCK_NAMES);
	return kept;
}
