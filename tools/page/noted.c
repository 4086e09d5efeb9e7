/* SPDX-License-Identifier: MIT */
/*
 * The record that belongs to a session: its recorder says in the session's folder where it is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sessions.h"
#include "segment/paths.h"
#include "segment/snapshot.h"
#include "timeline.h"

struct timeline *timeline_find(const char *base, const char *session)
{
	int folder = session_open(base, session), fd;
	char file[PATHS_MAX];
	struct stat st;
	ssize_t length;

	if (folder < 0)
		return NULL;
	fd = openat(folder, RECORD_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(folder);
	if (fd < 0)
		return NULL;
	length = read(fd, file, sizeof(file) - 1);
	close(fd);
	if (length <= 0)
		return NULL;
	file[length] = 0;
	/* Something else may have its name by now. */
	return stat(file, &st) || !S_ISREG(st.st_mode) ? NULL : timeline_read(file, session);
}

void timeline_tell(struct session_snapshot *session, const char *base)
{
	struct timeline *timeline = timeline_find(base, session->name);
	uint64_t started = snapshot_started(session);
	struct timeline_facts facts;
	double later;

	if (!timeline)
		return;
	facts = timeline_facts(timeline);
	/* The record may have begun before the session, or long after. */
	later = started ? ((double)timeline->started_ns - (double)started) / 1e9 : 0;
	if (facts.last >= 0)
		session->recorded = (struct recorded_times){ .known = true,
			.last_kernel = facts.last + later > 0 ? facts.last + later : 0,
			.longest_pause = facts.pause,
			.pause_from = facts.pause < 0 ? -1 : facts.pause_from + later,
			.busy = facts.busy };
	timeline_free(timeline);
}
