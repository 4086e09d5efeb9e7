/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/json.h"
#include "../../tools/json_compact.h"
#include "../../tools/json_parts.h"
#include "harness.h"

static char *written(const json_t *value, int compact)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	if (compact)
		json_compact(to, value);
	else
		ck_assert_int_eq(json_write(to, value,
					 JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)),
			0);
	fclose(to);
	return text;
}

/* Both ways write the same bytes. */
static void expect_same(json_t *value)
{
	char *one = written(value, 1), *other = written(value, 0);

	ck_assert_str_eq(one, other);
	free(one);
	free(other);
	json_decref(value);
}

START_TEST(numbers)
{
	static const json_int_t integers[] = { 0, 1, -1, 9, 10, 1234567890123, INT64_MAX,
		INT64_MIN };
	static const double reals[] = { 0, 1, -2.5, 0.001, 1790000000.123, 34.2, 123456789012 };

	for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++)
		expect_same(json_integer(integers[i]));
	for (size_t i = 0; i < sizeof(reals) / sizeof(*reals); i++)
		expect_same(json_real(reals[i]));
	expect_same(json_seconds(-1));
	expect_same(json_true());
	expect_same(json_false());
}
END_TEST

START_TEST(containers)
{
	expect_same(json_object());
	expect_same(json_array());
	expect_same(json_pack(
		"{s[] s{} s[i n [s]] s{s{s b}}}", "a", "b", "c", 1, "x", "d", "e", "f", 1));
}
END_TEST

/* Every character on its own and within others, those of several bytes, and what is no UTF-8. */
START_TEST(strings)
{
	static const char *const texts[] = { "", "plain", "\"\\/", "a\tb\nc\rd\be\ff",
		"\x1b[31m\x7f", "\xc2\x85\xe2\x80\xae\xe2\x80\xa8",
		"\xc3\xa4\xf0\x9f\x98\x80\xed\x9f\xbf",
		"\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x80", "\xef\xbf\xbd" };
	char text[8];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		expect_same(json_foreign(texts[i]));
	for (int c = 1; c < 256; c++) {
		text[0] = (char)c;
		text[1] = 0;
		expect_same(json_foreign(text));
		snprintf(text, sizeof(text), "a%cb", c);
		expect_same(json_foreign(text));
	}
	expect_same(json_stringn("a\0b", 3));
}
END_TEST

START_TEST(any_bytes)
{
	unsigned seed = 1;

	for (int round = 0; round < 5000; round++) {
		char text[64];
		size_t length = 0;

		for (; length < 63 && (seed = seed * 1103515245 + 12345) >> 16 & 63; length++)
			text[length] = (char)(seed >> 20 | 1);
		text[length] = 0;
		expect_same(json_foreign(text));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tcase = tcase_create("json");

	ADD(tcase, numbers);
	ADD(tcase, containers);
	ADD(tcase, strings);
	ADD(tcase, any_bytes);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
