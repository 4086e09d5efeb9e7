/* SPDX-License-Identifier: MIT */
#include "block.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool block_open(const struct block *block)
{
	return block->lines >= block->skip && block->y < block->bottom;
}

void block_put(struct block *block, enum style style, const char *line)
{
	if (block_open(block))
		screen_put(block->screen, block->y++, block->x, block->end, style, line);
	block->lines++;
}

void block_putf(struct block *block, enum style style, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	block_put(block, style, line);
}

/* How many bytes of `text` are fit for a line of so many columns. */
static size_t fitting(const struct block *block, const char *text, int columns)
{
	size_t length = strlen(text), space = 0, i = 0;
	char piece[LINE_MAX_BYTES];

	if (screen_columns(block->screen, text) <= columns)
		return length;
	for (; i < length && i + 1 < sizeof(piece); i++) {
		piece[i] = text[i];
		piece[i + 1] = 0;
		if ((text[i + 1] & 0xc0) == 0x80) /* in the middle of a character */
			continue;
		if (screen_columns(block->screen, piece) > columns)
			break;
		if (text[i + 1] == ' ')
			space = i + 1;
	}
	return space ? space : i ? i : 1;
}

void block_wrap(struct block *block, enum style style, const char *text)
{
	int columns = block->end - block->x, indent = 0;
	char line[LINE_MAX_BYTES];

	if (columns < 16 || strlen(text) >= sizeof(line)) {
		block_put(block, style, text);
		return;
	}
	do {
		size_t length = fitting(block, text, columns - indent);

		memset(line, ' ', (size_t)indent);
		memcpy(line + indent, text, length);
		line[(size_t)indent + length] = 0;
		block_put(block, style, line);
		text += length;
		while (*text == ' ')
			text++;
		indent = 4;
	} while (*text);
}
