/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <errno.h>
#include <string.h>

#include "../say.h"
#include "frame.h"
#include "report/text.h"

/* The command, as far as it fits a window's title. */
static void put_head(const struct page *page)
{
	const struct session_snapshot *session = page->session;
	const char *command = session->n_processes ? session->processes[0].command : NULL;
	char buffer[512];
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_command(&text, command ? command : "?", 60);
	frame_begin(page->to, buffer, page->judgement->headline);
}

static void put_page(FILE *to, const void *context)
{
	struct page page = *(const struct page *)context;

	page.to = to;
	put_head(&page);
	page_verdict(&page);
	page_tiles(&page);
	page_timeline(&page);
	page_devices(&page);
	page_processes(&page);
	page_kernels(&page);
	page_functions(&page);
	page_libraries(&page);
	page_gaps(&page);
	frame_end(to, "session", page.session->name);
}

static const char *record_problem(int error)
{
	switch (error) {
	case EINVAL:
		return "it is no record";
	case ESTALE:
		return "it is the record of another session";
	default:
		return strerror(error);
	}
}

/* A record that the user named must be right; one that was found may be gone. */
static int read_record(
	struct timeline **timeline, const char *record, const char *base, const char *session)
{
	*timeline = NULL;
	if (record) {
		*timeline = timeline_read(record, session);
		if (!*timeline)
			say("gpuspy report: %s: %s", record, record_problem(errno));
		return *timeline ? 0 : -1;
	}
	*timeline = timeline_find(base, session);
	return 0;
}

int page_report(const char *file, const char *record, const char *base,
	const struct session_snapshot *session, const struct judgement *judgement)
{
	struct page page = { .session = session, .judgement = judgement };
	struct timeline *timeline;
	int status;

	if (read_record(&timeline, record, base, session->name))
		return -1;
	page.timeline = timeline;
	status = frame_write(file, put_page, &page);
	timeline_free(timeline);
	return status;
}
