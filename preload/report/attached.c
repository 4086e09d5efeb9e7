/* SPDX-License-Identifier: MIT */
/*
 * Since when a process is counted that gpuspy was loaded into while it ran.
 */
#include "text.h"

enum { DAY = 24 * 60 * 60 };

/* libc's local time would read files and allocate; the process has noted what it was ahead. */
static void put_time_of_day(struct text *text, const struct process_snapshot *process)
{
	int64_t local = (int64_t)(process->started_ns / 1000000000u) + process->attached_offset;
	unsigned second = (unsigned)((local % DAY + DAY) % DAY); /* whatever a file says */

	text_putf(text, "%02u:%02u:%02u", second / 3600, second / 60 % 60, second % 60);
}

static void put_since(struct text *text, const struct process_snapshot *process)
{
	text_put(text, "  counted   since ");
	put_time_of_day(text, process);
	text_put(text, ", ");
	text_put_seconds(text, process->attached_tenths / 10.0);
	text_put(text, " after the start");
}

void text_put_attached(struct text *text, const struct session_snapshot *session)
{
	for (unsigned i = 0; i < session->n_processes; i++) {
		const struct process_snapshot *process = &session->processes[i];

		if (!process->attached_tenths)
			continue;
		put_since(text, process);
		if (i)
			text_putf(text, " (process %d)", (int)process->pid);
		text_put(text, "\n");
		return;
	}
}
