/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

struct text text_in(char *to, size_t size)
{
	*to = 0;
	return (struct text){ to, size, 0, false };
}

static void put_bytes(struct text *text, const char *more, size_t length)
{
	/* The whole piece or nothing of it, and nothing after it: no character is cut in two. */
	if (text->full || length > text->size - text->length - 1) {
		text->full = true;
		return;
	}
	memcpy(text->to + text->length, more, length);
	text->length += length;
	text->to[text->length] = 0;
}

void text_put(struct text *text, const char *more)
{
	put_bytes(text, more, strlen(more));
}

void text_putf(struct text *text, const char *format, ...)
{
	char piece[512];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(piece))
		text->full = true;
	else
		put_bytes(text, piece, (size_t)length);
}

void text_put_escaped(struct text *text, const char *foreign, size_t columns)
{
	for (size_t column = 0; *foreign; column++) {
		uint32_t code = 0;
		size_t length = utf8_next(foreign, &code);

		if (column >= columns) {
			text_put(text, "...");
			return;
		}
		if (length && !utf8_is_harmful(code)) {
			put_bytes(text, foreign, length);
		} else {
			length = length ? length : 1;
			for (size_t i = 0; i < length; i++)
				if (foreign[i] == '\n' || foreign[i] == '\t')
					text_put(text, foreign[i] == '\n' ? "\\n" : "\\t");
				else
					text_putf(text, "\\x%02x", (unsigned char)foreign[i]);
		}
		foreign += length;
	}
}

void text_put_count(struct text *text, uint64_t count)
{
	char digits[32];
	size_t at = sizeof(digits) - 1;

	digits[at] = 0;
	for (unsigned n = 1; count || n == 1; n++) {
		digits[--at] = (char)('0' + count % 10);
		count /= 10;
		if (n % 3 == 0 && count)
			digits[--at] = ',';
	}
	text_put(text, digits + at);
}

void text_put_counted(struct text *text, uint64_t count, const char *singular, const char *plural)
{
	text_put_count(text, count);
	text_putf(text, " %s", count == 1 ? singular : plural);
}

void text_put_agreeing(struct text *text, const char *words, uint64_t count)
{
	while (*words) {
		size_t plain = strcspn(words, "{"), one, all;

		text_putf(text, "%.*s", (int)plain, words);
		words += plain;
		if (!*words)
			return;
		one = strcspn(++words, "|");
		all = strcspn(words + one + 1, "}");
		if (count == 1)
			text_putf(text, "%.*s", (int)one, words);
		else
			text_putf(text, "%.*s", (int)all, words + one + 1);
		words += one + all + 2;
	}
}

void text_put_bytes(struct text *text, uint64_t bytes)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;
	uint64_t tenths, whole = bytes, rest = 0;

	while (whole >= 1024) {
		rest = whole & 1023;
		whole >>= 10;
		unit++;
	}
	tenths = (rest * 10 + 512) >> 10;
	if (unit && whole * 10 + tenths < 100)
		text_putf(text, "%u.%u %s", (unsigned)(whole + tenths / 10),
			(unsigned)(tenths % 10), units[unit]);
	else if (whole + (rest >= 512) == 1024 && unit < 6)
		text_putf(text, "1.0 %s", units[unit + 1]);
	else
		text_putf(text, "%u %s", (unsigned)(whole + (rest >= 512)), units[unit]);
}

void text_put_seconds(struct text *text, double seconds)
{
	uint64_t tenths, whole;

	if (!(seconds >= 0) || seconds > 1e12) {
		text_put(text, "?");
		return;
	}
	tenths = (uint64_t)(seconds * 10 + 0.5);
	whole = tenths / 10;
	if (whole < 120)
		text_putf(text, "%u.%u s", (unsigned)whole, (unsigned)(tenths % 10));
	else if (whole < 7200)
		text_putf(text, "%u min %u s", (unsigned)(whole / 60), (unsigned)(whole % 60));
	else
		text_putf(text, "%llu h %u min", (unsigned long long)(whole / 3600),
			(unsigned)(whole / 60 % 60));
}
