/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "html.h"
#include "page_parts.h"
#include "report/text.h"

static void put_now(FILE *to)
{
	time_t now = time(NULL);
	char text[64] = "?";
	struct tm local;

	if (localtime_r(&now, &local))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &local);
	fputs(text, to);
}

static void put_title(const struct page *page)
{
	const struct session_snapshot *session = page->session;
	const char *command = session->n_processes ? session->processes[0].command : NULL;
	char buffer[512];
	struct text text = text_in(buffer, sizeof(buffer));

	text_put_command(&text, command ? command : "?", 60);
	fputs("<title>", page->to);
	html_text(page->to, buffer);
	html_put(page->to, " &#8211; GPU work: %s</title>\n", page->judgement->headline);
}

/* Should a name ever become markup in spite of all: no script of it may run, nothing be loaded. */
static void put_head(const struct page *page)
{
	html_put(page->to,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src '%s'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"gpuspy %s\">\n",
		page_script_hash, GPUSPY_VERSION);
	put_title(page);
	html_put(page->to, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", page_style);
}

static void put_foot(const struct page *page)
{
	html_put(page->to, "</main>\n<footer><p>gpuspy %s, session <code>", GPUSPY_VERSION);
	html_text(page->to, page->session->name);
	fputs("</code>, page made ", page->to);
	put_now(page->to);
	html_put(page->to, "</p></footer>\n<script>%s</script>\n</body>\n</html>\n", page_script);
}

static void put_page(const struct page *page)
{
	put_head(page);
	page_verdict(page);
	page_tiles(page);
	page_timeline(page);
	page_devices(page);
	page_processes(page);
	page_kernels(page);
	page_functions(page);
	page_libraries(page);
	page_gaps(page);
	put_foot(page);
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
			fprintf(stderr, "gpuspy report: %s: %s\n", record, record_problem(errno));
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
	bool standard = !strcmp(file, "-");
	int failed;

	if (read_record(&timeline, record, base, session->name))
		return -1;
	page.timeline = timeline;
	page.to = standard ? stdout : fopen(file, "we");
	failed = !page.to;
	if (!failed) {
		put_page(&page);
		failed = fflush(page.to) || ferror(page.to);
		if (!standard)
			failed |= fclose(page.to) != 0;
	}
	if (failed)
		fprintf(stderr, "gpuspy report: %s: %s\n", file, strerror(errno));
	timeline_free(timeline);
	return failed ? -1 : 0;
}
