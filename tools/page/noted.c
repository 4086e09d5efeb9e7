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

/* How much later than the session the record began, in seconds; it may have begun before, too. */
static double began_later(const struct timeline *timeline, const struct session_snapshot *session)
{
	uint64_t started = snapshot_started(session);

	return started ? ((double)timeline->started_ns - (double)started) / 1e9 : 0;
}

/* What may be between a session's ends and a record's: it is looked at now and then only. */
static double tolerance(const struct timeline *timeline)
{
	return timeline->samples ? 2 + 2 * timeline->seconds / timeline->samples : 2;
}

static bool reaches_end(const struct timeline *timeline, const struct session_snapshot *session)
{
	double all = snapshot_session_seconds(session);

	return all < 0 ||
	       all - began_later(timeline, session) - timeline->seconds <= tolerance(timeline);
}

bool timeline_is_whole(const struct timeline *timeline, const struct session_snapshot *session)
{
	return began_later(timeline, session) <= tolerance(timeline) &&
	       reaches_end(timeline, session);
}

void timeline_tell(struct session_snapshot *session, const char *base)
{
	struct timeline *timeline = timeline_find(base, session->name);
	struct timeline_facts facts;
	double later;
	bool whole;

	if (!timeline)
		return;
	facts = timeline_facts(timeline);
	later = began_later(timeline, session);
	whole = timeline_is_whole(timeline, session);
	/* Of the time that was not recorded nothing is said. */
	if (facts.last >= 0 && reaches_end(timeline, session))
		session->recorded = (struct recorded_times){ .known = true,
			.last_kernel = facts.last + later > 0 ? facts.last + later : 0,
			.longest_pause = whole ? facts.pause : -1,
			.pause_from = !whole || facts.pause < 0 ? -1 : facts.pause_from + later,
			.busy = whole ? facts.busy : -1 };
	timeline_free(timeline);
}
