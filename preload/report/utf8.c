/* SPDX-License-Identifier: MIT */
#include "utf8.h"

size_t utf8_next(const char *text, uint32_t *code)
{
	/* By length: the least code, as longer forms of a shorter one are not allowed. */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)text;
	size_t length = *byte < 0x80   ? 1
			: *byte < 0xc2 ? 0
			: *byte < 0xe0 ? 2
			: *byte < 0xf0 ? 3
			: *byte < 0xf5 ? 4
				       : 0;

	if (!*byte || !length)
		return 0;
	*code = length == 1 ? *byte : *byte & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80) /* a 0 at the end too */
			return 0;
		*code = *code << 6 | (byte[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

static const struct {
	uint32_t first, last;
} harmful[] = {
	{ 0x00, 0x1f },     /* C0 */
	{ 0x7f, 0x9f },     /* DEL, C1 */
	{ 0x61c, 0x61c },   /* Arabic letter mark */
	{ 0x200e, 0x200f }, /* left-to-right, right-to-left mark */
	{ 0x2028, 0x202e }, /* line, paragraph separator; embeddings and overrides */
	{ 0x2066, 0x2069 }, /* isolates */
	{ 0xfeff, 0xfeff }, /* byte order mark */
};

bool utf8_is_harmful(uint32_t code)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++)
		if (code >= harmful[i].first && code <= harmful[i].last)
			return true;
	return false;
}
