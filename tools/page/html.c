/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/format.h"

/* The longest escape of one byte: \u2028 for three, \xHH for one. */
enum { ESCAPED = 8 };

void html_put(FILE *to, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(to, format, arguments);
	va_end(arguments);
}

static void put_character(FILE *to, char character)
{
	static const char *const entities[256] = {
		['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;", ['\''] = "&#39;"
	};
	const char *entity = entities[(unsigned char)character];

	if (entity)
		fputs(entity, to);
	else
		fputc(character, to);
}

void html_text(FILE *to, const char *foreign)
{
	size_t size = foreign ? strlen(foreign) * ESCAPED + 16 : 0;
	char *buffer = foreign ? malloc(size) : NULL;
	struct text text;

	if (!buffer) {
		fputc('?', to);
		return;
	}
	text = text_in(buffer, size);
	text_put_escaped(&text, foreign, size);
	for (const char *at = buffer; *at; at++)
		put_character(to, *at);
	free(buffer);
}

static struct text small(char buffer[64])
{
	return text_in(buffer, 64);
}

void html_count(FILE *to, uint64_t count)
{
	char buffer[64];
	struct text text = small(buffer);

	text_put_count(&text, count);
	fputs(buffer, to);
}

void html_bytes(FILE *to, uint64_t bytes)
{
	char buffer[64];
	struct text text = small(buffer);

	text_put_bytes(&text, bytes);
	fputs(buffer, to);
}

void html_seconds(FILE *to, double seconds)
{
	char buffer[64];
	struct text text = small(buffer);

	if (seconds < 0)
		text_put(&text, "unknown");
	else
		text_put_seconds(&text, seconds);
	fputs(buffer, to);
}

void html_cell_count(FILE *to, uint64_t count)
{
	fputs("<td class=\"n\">", to);
	html_count(to, count);
	fputs("</td>", to);
}

void html_cell_bytes(FILE *to, uint64_t bytes)
{
	html_put(to, "<td class=\"n\" data-v=\"%llu\">", (unsigned long long)bytes);
	html_bytes(to, bytes);
	fputs("</td>", to);
}

void html_cell_seconds(FILE *to, double seconds)
{
	html_put(to, "<td class=\"n\" data-v=\"%.3f\">", seconds);
	html_seconds(to, seconds);
	fputs("</td>", to);
}

void html_cell_text(FILE *to, const char *foreign)
{
	fputs("<td class=\"t\">", to);
	if (foreign)
		html_text(to, foreign);
	fputs("</td>", to);
}

void html_head(FILE *to, const char *title, int numeric)
{
	html_put(to, "<th scope=\"col\"%s>%s</th>", numeric ? " class=\"n\"" : "", title);
}
