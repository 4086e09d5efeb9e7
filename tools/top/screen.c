/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "report/utf8.h"

int screen_make(struct screen *screen, int width, int height, bool utf8)
{
	screen->width = width < 1 ? 1 : width;
	screen->height = height < 1 ? 1 : height;
	screen->utf8 = utf8;
	screen->cells =
		calloc((size_t)screen->width * (size_t)screen->height, sizeof(*screen->cells));
	if (!screen->cells)
		return -1;
	screen_clear(screen);
	return 0;
}

void screen_free(struct screen *screen)
{
	free(screen->cells);
	screen->cells = NULL;
}

void screen_clear(struct screen *screen)
{
	for (int i = 0; i < screen->width * screen->height; i++)
		screen->cells[i] = (struct cell){ ' ', 0, STYLE_PLAIN };
}

static struct cell *cell_at(const struct screen *screen, int y, int x)
{
	if (y < 0 || y >= screen->height || x < 0 || x >= screen->width)
		return NULL;
	return &screen->cells[y * screen->width + x];
}

/* Marks that turn the direction of writing or break lines: they would garble the line. */
static bool invisible(uint32_t code)
{
	return code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
	       code == 0xfeff || code >= 0xe0000;
}

/* The first character of `text`, one that may be shown, and how many columns it takes. */
static size_t next_character(
	const struct screen *screen, const char *text, uint32_t *code, int *columns)
{
	size_t length = utf8_next(text, code);

	*columns = 1;
	if (!length) {
		*code = '?';
		return 1;
	}
	if (*code >= 0x20 && *code < 0x7f)
		return length;
	*columns =
		screen->utf8 && *code >= 0xa0 && !invisible(*code) ? wcwidth((wchar_t)*code) : -1;
	if (*columns < 0 || *columns > 2) {
		*code = '?';
		*columns = 1;
	}
	return length;
}

static void set_cell(
	struct screen *screen, int y, int x, enum style style, uint32_t code, int columns)
{
	struct cell *cell = cell_at(screen, y, x);

	/* What stood here may have been one half of a wide character. */
	if (!cell->code && x > 0)
		cell[-1].code = ' ';
	*cell = (struct cell){ code, 0, (uint8_t)style };
	if (columns == 2)
		cell[1] = (struct cell){ 0, 0, (uint8_t)style };
	if (x + columns < screen->width && !cell[columns].code)
		cell[columns].code = ' ';
}

int screen_put(struct screen *screen, int y, int x, int end, enum style style, const char *text)
{
	uint32_t code;
	int columns;

	if (y < 0 || y >= screen->height || x < 0)
		return x;
	if (end > screen->width)
		end = screen->width;
	while (*text) {
		text += next_character(screen, text, &code, &columns);
		if (!columns) {
			struct cell *before = cell_at(screen, y, x - 1);

			if (before && before->code)
				before->mark = code;
			continue;
		}
		if (x + columns > end)
			break;
		set_cell(screen, y, x, style, code, columns);
		x += columns;
	}
	return x;
}

int screen_columns(const struct screen *screen, const char *text)
{
	int sum = 0, columns;
	uint32_t code;

	while (*text) {
		text += next_character(screen, text, &code, &columns);
		sum += columns;
	}
	return sum;
}

void screen_put_right(
	struct screen *screen, int y, int end, int width, enum style style, const char *text)
{
	int columns = screen_columns(screen, text);

	screen_put(screen, y, end - (columns < width ? columns : width), end, style, text);
}

int screen_fill(
	struct screen *screen, int y, int x, int count, enum style style, uint32_t code, char ascii)
{
	for (int i = 0; i < count; i++, x++)
		if (cell_at(screen, y, x))
			set_cell(screen, y, x, style, screen->utf8 ? code : (uint32_t)ascii, 1);
	return x;
}

void screen_paint(struct screen *screen, int y, int x, int end, enum style style)
{
	for (; x < end && x < screen->width; x++)
		if (cell_at(screen, y, x))
			cell_at(screen, y, x)->style = (uint8_t)style;
}

size_t screen_encode(uint32_t code, char to[5])
{
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length; i-- > 1; code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(first[length] | code);
	to[length] = 0;
	return length;
}

static size_t append(char *to, size_t size, size_t used, uint32_t code)
{
	char bytes[5];
	size_t length = screen_encode(code, bytes);

	if (used + length >= size)
		return used;
	memcpy(to + used, bytes, length);
	return used + length;
}

size_t screen_line(const struct screen *screen, int y, char *to, size_t size)
{
	size_t used = 0;
	int end = screen->width;

	while (end > 0 && cell_at(screen, y, end - 1) && cell_at(screen, y, end - 1)->code == ' ')
		end--;
	for (int x = 0; x < end; x++) {
		const struct cell *cell = cell_at(screen, y, x);

		if (!cell || !cell->code)
			continue;
		used = append(to, size, used, cell->code);
		if (cell->mark)
			used = append(to, size, used, cell->mark);
	}
	to[used] = 0;
	return used;
}
