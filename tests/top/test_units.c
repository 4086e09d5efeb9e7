/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <math.h>
#include <string.h>
#include <wchar.h>

#include "harness.h"
#include "screen.h"
#include "units.h"

static char buffer[UNIT_MAX];

static const char *put(enum unit unit, double value, int width)
{
	struct text text = text_in(buffer, sizeof(buffer));

	unit_put(&text, unit, value, width);
	return buffer;
}

static const char *count(uint64_t value)
{
	return put(UNIT_COUNT, (double)value, UNIT_ANY_WIDTH);
}

static const char *rate(double value)
{
	return put(UNIT_RATE, value, UNIT_ANY_WIDTH);
}

static const char *bytes(uint64_t value)
{
	return put(UNIT_BYTES, (double)value, UNIT_ANY_WIDTH);
}

static const char *seconds(double value)
{
	return put(UNIT_TIME, value, UNIT_ANY_WIDTH);
}

static const char *age(double value)
{
	return put(UNIT_AGE, value, UNIT_ANY_WIDTH);
}

START_TEST(counts)
{
	ck_assert_str_eq(count(0), "0");
	ck_assert_str_eq(count(12345), "12,345");
	ck_assert_str_eq(count(99999), "99,999");
	ck_assert_str_eq(count(100000), "100.0k");
	ck_assert_str_eq(count(123456), "123.5k");
	ck_assert_str_eq(count(999949), "999.9k");
	ck_assert_str_eq(count(1204000), "1.204M");
	ck_assert_str_eq(count(UINT64_MAX), "18.45E");
}
END_TEST

START_TEST(rates)
{
	ck_assert_str_eq(rate(NAN), "-");
	ck_assert_str_eq(rate(-1), "-");
	ck_assert_str_eq(rate(INFINITY), "-");
	ck_assert_str_eq(rate(0), "0");
	ck_assert_str_eq(rate(0.01), "0.1"); /* a little is more than nothing */
	ck_assert_str_eq(rate(2.5), "2.5");
	ck_assert_str_eq(rate(3), "3");
	ck_assert_str_eq(rate(120.4), "120");
	ck_assert_str_eq(rate(999.4), "999");
	ck_assert_str_eq(rate(999.6), "1.0k");
	ck_assert_str_eq(rate(8412), "8.4k");
	ck_assert_str_eq(rate(12345), "12k");
	ck_assert_str_eq(rate(123456), "123k");
	ck_assert_str_eq(rate(1234567), "1.2M");
}
END_TEST

START_TEST(sizes)
{
	ck_assert_str_eq(bytes(0), "0");
	ck_assert_str_eq(bytes(1023), "1023");
	ck_assert_str_eq(bytes(1024), "1.0K");
	ck_assert_str_eq(bytes(512ull << 20), "512M");
	ck_assert_str_eq(bytes(44238000000ull), "41.2G");
	ck_assert_str_eq(bytes(1ull << 30), "1.00G");
	for (uint64_t value = 1; value; value <<= 1)
		for (int less = 0; less < 2; less++)
			ck_assert_uint_le(strlen(bytes(value - (uint64_t)less)), 5);
}
END_TEST

START_TEST(times)
{
	ck_assert_str_eq(seconds(-1), "-");
	ck_assert_str_eq(seconds(NAN), "-");
	ck_assert_str_eq(seconds(45.9), "0:45");
	ck_assert_str_eq(seconds(34 * 60 + 12), "34:12");
	ck_assert_str_eq(seconds(7500), "2h05m");
	ck_assert_str_eq(seconds(4 * 86400 + 4 * 3600), "4d04h");
	ck_assert_str_eq(age(45), "45s");
	ck_assert_str_eq(age(720), "12m");
	ck_assert_str_eq(age(3 * 3600 + 5), "3h");
	ck_assert_str_eq(age(1e6), "11d");
	ck_assert_str_eq(age(NAN), "?");
}
END_TEST

/* A figure in a narrow column is shorter, never cut. */
START_TEST(narrow_columns)
{
	static const struct {
		enum unit unit;
		int width;
	} columns[] = { { UNIT_COUNT, 4 }, { UNIT_COUNT, 6 }, { UNIT_COUNT, 8 }, { UNIT_RATE, 6 },
		{ UNIT_RATE, 4 }, { UNIT_BYTES, 5 }, { UNIT_TIME, 6 }, { UNIT_PERCENT, 4 } };

	ck_assert_str_eq(put(UNIT_COUNT, 112673, 4), "113k");
	ck_assert_str_eq(put(UNIT_COUNT, 112673, 8), "112.7k");
	ck_assert_str_eq(put(UNIT_COUNT, 1204, 4), "1204");
	ck_assert_str_eq(put(UNIT_COUNT, 1204, 5), "1,204");
	ck_assert_str_eq(put(UNIT_COUNT, 12345, 4), "12k");
	ck_assert_str_eq(put(UNIT_COUNT, 99999, 4), "100k");
	ck_assert_str_eq(put(UNIT_TIME, 1000 * 86400.0, 6), "1000d");
	ck_assert_str_eq(put(UNIT_PERCENT, 99.9, 4), "99");
	ck_assert_str_eq(put(UNIT_PERCENT, 12800, 4), "13k");
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		for (double value = 0; value < 1e9; value = value * 1.003 + 0.3)
			ck_assert_msg((int)strlen(put(columns[i].unit, value, columns[i].width)) <=
					      columns[i].width,
				"%s of unit %d in %d", buffer, (int)columns[i].unit,
				columns[i].width);
}
END_TEST

static const char *line(const struct screen *screen, int y)
{
	static char text[256];

	screen_line(screen, y, text, sizeof(text));
	return text;
}

START_TEST(cells)
{
	struct screen screen;

	ck_assert_int_eq(screen_make(&screen, 10, 2, false), 0);
	ck_assert_int_eq(screen_put(&screen, 0, 2, 7, STYLE_PLAIN, "abcdefgh"), 7);
	ck_assert_str_eq(line(&screen, 0), "  abcde");
	screen_put_right(&screen, 1, 10, 4, STYLE_PLAIN, "123456");
	ck_assert_str_eq(line(&screen, 1), "      1234");
	/* Off the screen. */
	screen_put(&screen, -1, 0, 5, STYLE_PLAIN, "x");
	screen_put(&screen, 2, 0, 5, STYLE_PLAIN, "x");
	screen_put(&screen, 0, 50, 60, STYLE_PLAIN, "x");
	screen_fill(&screen, 0, 8, 10, STYLE_PLAIN, '#', '#');
	ck_assert_str_eq(line(&screen, 0), "  abcde ##");
	screen_free(&screen);
}
END_TEST

START_TEST(nothing_harmful)
{
	struct screen screen;

	ck_assert_int_eq(screen_make(&screen, 20, 1, true), 0);
	screen_put(&screen, 0, 0, 20, STYLE_PLAIN,
		"a\x1b[31m\x07\xc2\x9b\xff\xe2\x80\xae"
		"b");
	ck_assert_str_eq(line(&screen, 0), "a?[31m????b");
	screen_clear(&screen);
	screen.utf8 = false;
	screen_put(&screen, 0, 0, 20, STYLE_PLAIN, "\xc3\xa4 \xe2\x82\xac");
	ck_assert_str_eq(line(&screen, 0), "? ?");
	screen_free(&screen);
}
END_TEST

START_TEST(wide)
{
	struct screen screen;

	if (wcwidth(0x4e2d) != 2)
		return; /* not a locale that knows */
	ck_assert_int_eq(screen_make(&screen, 5, 1, true), 0);
	ck_assert_int_eq(
		screen_put(&screen, 0, 0, 5, STYLE_PLAIN, "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"),
		4);
	ck_assert_str_eq(line(&screen, 0), "\xe4\xb8\xad\xe4\xb8\xad");
	screen_put(&screen, 0, 1, 5, STYLE_PLAIN, "x"); /* half of it is overwritten */
	ck_assert_str_eq(line(&screen, 0), " x\xe4\xb8\xad");
	screen_put(&screen, 0, 0, 1, STYLE_PLAIN, "e\xcc\x81");
	ck_assert_str_eq(line(&screen, 0), "e\xcc\x81x\xe4\xb8\xad");
	screen_free(&screen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("units");
	TCase *tcase = tcase_create("all");

	setlocale(LC_CTYPE, "C.UTF-8");
	ADD(tcase, counts);
	ADD(tcase, rates);
	ADD(tcase, sizes);
	ADD(tcase, times);
	ADD(tcase, narrow_columns);
	ADD(tcase, cells);
	ADD(tcase, nothing_harmful);
	ADD(tcase, wide);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
