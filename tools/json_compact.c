/* SPDX-License-Identifier: MIT */
#include "json_compact.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "report/utf8.h"

/* What is neither a control character, a quote, a backslash nor the beginning of a sequence. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Of jansson's strings: UTF-8, which is checked all the same, and zeros within. */
static size_t put_special(FILE *to, const char *at)
{
	static const char letters[32] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};
	unsigned char c = (unsigned char)*at;
	uint32_t code = c;
	size_t length = c < 0x80 ? 1 : utf8_next(at, &code);

	if (c == '"' || c == '\\')
		fprintf(to, "\\%c", c);
	else if (c < 0x20 && letters[c])
		fprintf(to, "\\%c", letters[c]);
	else if (c < 0x20)
		fprintf(to, "\\u%04X", c);
	else if (!length || utf8_is_harmful(code))
		fprintf(to, "\\u%04x", (unsigned)(length ? code : 0xfffd));
	else
		fwrite(at, 1, length, to);
	return length ? length : 1;
}

static void put_string(FILE *to, const char *text, size_t length)
{
	const char *end = text + length;

	putc('"', to);
	while (text < end) {
		const char *plain = text;

		while (text < end && is_plain((unsigned char)*text))
			text++;
		fwrite(plain, 1, (size_t)(text - plain), to);
		if (text < end)
			text += put_special(to, text);
	}
	putc('"', to);
}

static void put_integer(FILE *to, json_int_t value)
{
	unsigned long long left =
		value < 0 ? -(unsigned long long)value : (unsigned long long)value;
	char digits[24], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + left % 10);
	while (left /= 10);
	if (value < 0)
		*--at = '-';
	fwrite(at, 1, (size_t)(digits + sizeof(digits) - at), to);
}

/* A real stays one: 5.0. */
static void put_real(FILE *to, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.15g", value);
	fputs(text, to);
	if (!strpbrk(text, ".e"))
		fputs(".0", to);
}

static void put_object(FILE *to, json_t *object)
{
	const char *name, *before = "";
	json_t *value;

	putc('{', to);
	json_object_foreach(object, name, value)
	{
		fputs(before, to);
		put_string(to, name, strlen(name));
		putc(':', to);
		json_compact(to, value);
		before = ",";
	}
	putc('}', to);
}

static void put_array(FILE *to, const json_t *array)
{
	const json_t *value;
	size_t i;

	putc('[', to);
	json_array_foreach(array, i, value)
	{
		if (i)
			putc(',', to);
		json_compact(to, value);
	}
	putc(']', to);
}

void json_compact(FILE *to, const struct json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_object(to, (json_t *)(uintptr_t)value);
		break;
	case JSON_ARRAY:
		put_array(to, value);
		break;
	case JSON_STRING:
		put_string(to, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		put_integer(to, json_integer_value(value));
		break;
	case JSON_REAL:
		put_real(to, json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("true", to);
		break;
	case JSON_FALSE:
		fputs("false", to);
		break;
	default:
		fputs("null", to);
	}
}
