/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "../say.h"
#include "html.h"
#include "page_parts.h"

enum { LONG = 60 };

static const char who[] = "gpuspy report";

int frame_write(const char *file, void (*put)(FILE *to, const void *context), const void *context)
{
	FILE *to;
	bool failed;

	if (!strcmp(file, "-")) {
		put(stdout, context);
		return say_is_written(who) ? 0 : -1;
	}
	to = fopen(file, "we");
	failed = !to;
	if (to) {
		put(to, context);
		failed = fflush(to) || ferror(to);
		failed |= fclose(to) != 0;
	}
	if (failed)
		say("%s: %s: %s", who, file, strerror(errno));
	return failed ? -1 : 0;
}

/* Should a name ever become markup in spite of all: no script of it may run, nothing be loaded. */
void frame_begin(FILE *to, const char *title, const char *headline)
{
	html_put(to,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src '%s'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"gpuspy %s\">\n<title>",
		page_script_hash, GPUSPY_VERSION);
	html_text(to, title);
	html_put(to, " &#8211; GPU work: %s</title>\n", headline);
	html_put(to, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", page_style);
}

static void put_now(FILE *to)
{
	time_t now = time(NULL);
	char text[64] = "?";
	struct tm local;

	if (localtime_r(&now, &local))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &local);
	fputs(text, to);
}

void frame_end(FILE *to, const char *what, const char *name)
{
	html_put(to, "</main>\n<footer><p>gpuspy %s, %s <code>", GPUSPY_VERSION, what);
	html_text(to, name);
	fputs("</code>, page made ", to);
	put_now(to);
	html_put(to, "</p></footer>\n<script>%s</script>\n</body>\n</html>\n", page_script);
}

/* A colour's name for each verdict; a sign besides, for those who see no colours. */
static const char *tone(const struct frame_verdict *verdict)
{
	if (!strcmp(verdict->headline, "YES"))
		return verdict->thin ? "maybe" : "yes";
	if (!strcmp(verdict->headline, "NO") || !strcmp(verdict->headline, "FAILED"))
		return "no";
	return strcmp(verdict->headline, "UNCONFIRMED") ? "unknown" : "maybe";
}

void frame_verdict(FILE *to, const struct frame_verdict *verdict)
{
	html_put(to, "<p class=\"brand\">gpuspy</p>\n<section class=\"verdict %s\">\n",
		tone(verdict));
	html_put(to, "<p class=\"ask\">GPU work</p><h1>%s%s", verdict->headline,
		verdict->thin ? "<small>, barely</small>" : "");
	if (verdict->simulated)
		fputs(" <span class=\"badge\">SIMULATED</span>", to);
	fputs("</h1>\n<p class=\"sentence\">", to);
	html_text(to, verdict->sentence);
	fputs("</p>\n</section>\n", to);
}

void frame_fact(FILE *to, const char *term, const char *foreign, bool code)
{
	if (!foreign || !*foreign)
		return;
	html_put(to, "<dt>%s</dt><dd>%s", term, code ? "<code>" : "");
	html_text(to, foreign);
	html_put(to, "%s</dd>\n", code ? "</code>" : "");
}

void frame_moment(FILE *to, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	char machine[64], human[64];
	struct tm utc, local;

	if (!ns || !gmtime_r(&seconds, &utc) || !localtime_r(&seconds, &local)) {
		fputs("unknown", to);
		return;
	}
	strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%M:%SZ", &utc);
	strftime(human, sizeof(human), "%a %e %b %Y, %H:%M:%S %Z", &local);
	html_put(to, "<time datetime=\"%s\">%s</time>", machine, human);
}

void frame_tile(FILE *to, const char *title, bool bad)
{
	html_put(to, "<div%s><dt>%s</dt><dd>", bad ? " class=\"bad\"" : "", title);
}

/* A long one is laid out when it comes into view. */
void frame_table(FILE *to, const char *title, unsigned rows, const char *const *heads)
{
	html_put(to,
		"<h2>%s</h2>\n<div class=\"scroll%s\" tabindex=\"0\"><table "
		"class=\"sortable\"><thead><tr>",
		title, rows > LONG ? " long" : "");
	for (; *heads; heads++)
		html_head(to, **heads == '#' ? *heads + 1 : *heads, **heads == '#');
	fputs("</tr></thead><tbody>\n", to);
}

void frame_table_end(FILE *to, unsigned rows)
{
	fputs("</tbody></table></div>\n", to);
	if (rows <= FRAME_ROWS_MAX)
		return;
	fputs("<p class=\"soft\">and ", to);
	html_count(to, rows - FRAME_ROWS_MAX);
	fputs(" more: in the JSON report, <code>--json</code></p>\n", to);
}
