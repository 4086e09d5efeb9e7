/* SPDX-License-Identifier: MIT */
/*
 * JSON text for terminals too: what a report escapes is escaped here, by the same table.
 */
#include <jansson.h>
#include <stdlib.h>

#include "json.h"
#include "json_parts.h"
#include "report/utf8.h"

json_t *json_count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* jansson escapes what JSON wants escaped; of the rest only strings can hold what is harmful. */
static void put_escaped(FILE *to, const char *text)
{
	uint32_t code;
	size_t length;

	for (; (length = utf8_next(text, &code)); text += length) {
		if (code >= 0x20 && utf8_is_harmful(code))
			fprintf(to, "\\u%04x", (unsigned)code);
		else
			fwrite(text, 1, length, to);
	}
}

int json_write(FILE *to, const struct json_t *value, size_t flags)
{
	char *text = json_dumps(value, flags);

	if (!text)
		return -1;
	put_escaped(to, text);
	free(text);
	return 0;
}
