/* SPDX-License-Identifier: MIT */
/*
 * Values of JSON reports, each written in one way.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "json_parts.h"
#include "report/utf8.h"
#include "uuid.h"

json_t *json_count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *json_number(int value)
{
	return value < 0 ? json_null() : json_integer(value);
}

json_t *json_seconds(double value)
{
	return value < 0 ? json_null() : json_real((double)(int64_t)(value * 1000 + 0.5) / 1000);
}

json_t *json_moment(uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	char text[64];
	struct tm utc;
	size_t length;

	if (!ns || !gmtime_r(&seconds, &utc))
		return json_null();
	length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + length, sizeof(text) - length, ".%03uZ", (unsigned)(ns / 1000000u % 1000u));
	return json_string(text);
}

json_t *json_uuid(const uint8_t *bytes)
{
	char text[UUID_TEXT];

	return bytes ? json_string(uuid_text(bytes, text)) : json_null();
}

/* As nearly all are. */
static bool is_ascii(const char *text, size_t length)
{
	unsigned char all = 0;

	for (size_t i = 0; i < length; i++)
		all |= (unsigned char)text[i];
	return all < 0x80;
}

/* A string from outside; bytes that are no UTF-8 become U+FFFD. NULL becomes null. */
json_t *json_foreign(const char *raw)
{
	size_t size = raw ? strlen(raw) : 0;
	char *clean, *at;
	json_t *made;
	uint32_t code;

	if (!raw)
		return json_null();
	if (is_ascii(raw, size))
		return json_stringn_nocheck(raw, size);
	at = clean = malloc(size * 3 + 1);
	if (!clean)
		return NULL;
	while (*raw) {
		size_t length = utf8_next(raw, &code);

		if (length) {
			memcpy(at, raw, length);
		} else {
			memcpy(at, "\xef\xbf\xbd", 3);
			at += 3;
			raw++;
			continue;
		}
		at += length;
		raw += length;
	}
	made = json_stringn_nocheck(clean, (size_t)(at - clean));
	free(clean);
	return made;
}
