/* SPDX-License-Identifier: MIT */
/*
 * JSON text for terminals too: what a report escapes is escaped here, by the same table.
 */
#include <jansson.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_parts.h"
#include "report/utf8.h"

/* jansson escapes what JSON wants escaped; of the rest only strings can hold what is harmful. */
static void put_escaped(FILE *to, const char *text)
{
	uint32_t code;
	size_t length;

	for (;; text += length) {
		size_t plain = 0;

		/* Nothing in ASCII below DEL is harmful here, and nearly all of it is that. */
		while (text[plain] && (unsigned char)text[plain] < 0x7f)
			plain++;
		fwrite(text, 1, plain, to);
		text += plain;
		length = utf8_next(text, &code);
		if (!length)
			return;
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

/* Asked for once, for many sessions of one user: it is a look into files, or over the network. */
const char *json_user_name(unsigned uid)
{
	static char name[256];
	static unsigned known;
	static bool asked;
	const struct passwd *user;

	if (!asked || known != uid) {
		user = getpwuid(uid);
		snprintf(name, sizeof(name), "%s", user ? user->pw_name : "");
		known = uid;
		asked = true;
	}
	return *name ? name : NULL;
}
