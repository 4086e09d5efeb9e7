/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "ground/arena.h"
#include "ground/sort.h"

/* An assertion for each byte took seconds. */
static bool is_all(const char *piece, size_t size, char value)
{
	for (size_t at = 0; at < size; at++)
		if (piece[at] != value)
			return false;
	return true;
}

START_TEST(pieces_are_apart_zeroed_and_aligned)
{
	struct arena arena = { 0 };
	char *pieces[1000];

	for (size_t i = 0; i < 1000; i++) {
		size_t size = i * 7 % 900 + 1;

		pieces[i] = arena_take(&arena, size);
		ck_assert_ptr_nonnull(pieces[i]);
		ck_assert_uint_eq((uintptr_t)pieces[i] % 16, 0);
		ck_assert(is_all(pieces[i], size, 0));
		memset(pieces[i], (int)(i % 255) + 1, size);
	}
	for (size_t i = 0; i < 1000; i++)
		ck_assert(is_all(pieces[i], i * 7 % 900 + 1, (char)(i % 255 + 1)));
	arena_free(&arena);
	ck_assert_ptr_null(arena.chunks);
}
END_TEST

START_TEST(large_pieces_leave_the_rest_of_a_chunk)
{
	struct arena arena = { 0 };
	char *small = arena_take(&arena, 16);
	char *large = arena_take(&arena, 10 << 20);
	char *next = arena_take(&arena, 16);

	ck_assert_ptr_nonnull(large);
	memset(large, 1, 10 << 20);
	ck_assert_ptr_eq(next, small + 16);
	arena_free(&arena);
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
	struct arena arena = { 0 };

	ck_assert_ptr_null(arena_take(&arena, SIZE_MAX));
	ck_assert_ptr_null(arena_take(&arena, SIZE_MAX - 15));
	ck_assert_ptr_null(arena_take(&arena, (size_t)1 << 62));
	ck_assert_ptr_nonnull(arena_take(&arena, 0));
	arena_free(&arena);
}
END_TEST

START_TEST(copies_are_ended)
{
	struct arena arena = { 0 };

	memset(arena_take(&arena, 64), 'x', 64);
	ck_assert_str_eq(arena_copy(&arena, "abcdef", 3), "abc");
	arena_free(&arena);
}
END_TEST

START_TEST(a_budget_is_an_end)
{
	size_t left = 1 << 20;
	struct arena first = { .budget = &left }, second = { .budget = &left };
	unsigned taken = 0;

	while (taken < 1000 && arena_take(taken % 2 ? &first : &second, 100 << 10))
		taken++;
	ck_assert_uint_ge(taken, 8);
	ck_assert_uint_le(taken, 10);
	ck_assert_uint_le(left, 200 << 10);
	ck_assert_uint_ge(first.size + second.size, taken * (100 << 10));
	arena_free(&first);
	ck_assert_uint_eq(first.size, 0);
	ck_assert_ptr_null(arena_take(&first, 1 << 20)); /* it is not given back */
	arena_free(&second);
}
END_TEST

/* Of memory that is mapped, in KiB. */
static long mapped(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld", &pages), 1);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* As many as were asked for, and zeros again, whatever was in them; no larger ones. */
START_TEST(kept_chunks_are_new_ones)
{
	struct arena arenas[6] = { { .chunks = NULL } };
	long before = mapped();

	arena_keep(2);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 6; i++) {
			char *small = arena_take(&arenas[i], 60000);
			char *large = arena_take(&arenas[i], 1 << 20);

			ck_assert(is_all(small, 60000, 0) && is_all(large, 1 << 20, 0));
			memset(small, 7, 60000);
			memset(large, 7, 1 << 20);
		}
		for (int i = 0; i < 6; i++)
			arena_free(&arenas[i]);
		ck_assert_int_ge(mapped() - before, 500);
		ck_assert_int_le(mapped() - before, 520 + 128);
	}
	arena_keep(0);
}
END_TEST

struct pair {
	int key, order;
};

static int compare_keys(const void *a, const void *b)
{
	return ((const struct pair *)a)->key - ((const struct pair *)b)->key;
}

static void add_order(void *to, const void *from)
{
	((struct pair *)to)->order += ((const struct pair *)from)->order;
}

START_TEST(sort_is_stable)
{
	for (int n = 0; n < 200; n++) {
		struct pair pairs[200];

		for (int i = 0; i < n; i++)
			pairs[i] = (struct pair){ i * 37 % 11, i };
		ck_assert_int_eq(sort_array(pairs, (size_t)n, sizeof(*pairs), compare_keys), 0);
		for (int i = 1; i < n; i++) {
			ck_assert_int_le(pairs[i - 1].key, pairs[i].key);
			if (pairs[i - 1].key == pairs[i].key)
				ck_assert_int_lt(pairs[i - 1].order, pairs[i].order);
		}
	}
}
END_TEST

START_TEST(fold_adds_equals)
{
	struct pair pairs[] = { { 2, 1 }, { 1, 10 }, { 2, 100 }, { 3, 1000 }, { 2, 10000 } };
	unsigned count = 5;

	ck_assert_int_eq(fold_array(pairs, &count, sizeof(*pairs), compare_keys, add_order), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_int_eq(pairs[0].order, 10);
	ck_assert_int_eq(pairs[1].order, 10101);
	ck_assert_int_eq(pairs[2].order, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tcase = tcase_create("arena");

	ADD(tcase, pieces_are_apart_zeroed_and_aligned);
	ADD(tcase, large_pieces_leave_the_rest_of_a_chunk);
	ADD(tcase, impossible_sizes_are_refused);
	ADD(tcase, copies_are_ended);
	ADD(tcase, a_budget_is_an_end);
	ADD(tcase, kept_chunks_are_new_ones);
	ADD(tcase, sort_is_stable);
	ADD(tcase, fold_adds_equals);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
