/* SPDX-License-Identifier: MIT */
#include "elsewhere.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../ground/path.h"
#include "../segment/folded.h"
#include "../segment/own_file.h"
#include "../segment/paths.h"

enum { SEEN_MAX = PATHS_MAX + 32 };

/*
 * Does the owner see another folder there? It is made, if it can be looked at, and nobody else's
 * link or folder is in the way.
 */
static bool is_another(const char *owner, const char *folder, char seen[SEEN_MAX])
{
	struct stat here;
	uint64_t time;
	pid_t pid;

	if (!paths_session_identity(owner, &pid, &time))
		return false;
	/* proc(5): as that process sees it. */
	snprintf(seen, SEEN_MAX, "/proc/%d/root%s", (int)pid, folder);
	if (!stat(folder, &here) && path_leads_to(seen, &here))
		return false;
	return !own_file_folders(seen);
}

void elsewhere_tell(const char *owner, const char *folder)
{
	int saved = errno;
	char seen[SEEN_MAX];

	if (is_another(owner, folder, seen))
		folded_add_apart(seen);
	errno = saved;
}

static uint64_t *kept;

void elsewhere_keep(const char *owner, const char *folder)
{
	char seen[SEEN_MAX];

	if (!kept && is_another(owner, folder, seen))
		kept = folded_keep_apart(seen);
	if (!kept)
		kept = folded_keep_apart(folder);
}

bool elsewhere_note(void)
{
	if (kept)
		folded_add_kept(kept);
	return kept;
}
