/* SPDX-License-Identifier: MIT */
/* The table of handles, against a list that is searched from its beginning to its end. */
#include <stdlib.h>
#include <string.h>

#include "../../preload/observers/handles.h"
#include "../differential/random.h"
#include "../unit/harness.h"

enum { KEYS = 4096, STEPS = 80000 };

static struct {
	bool there;
	uint64_t value;
} model[KEYS];
static struct handle_table table;
static struct random dice;

/* Like addresses: multiples of something, many of which fall on one place. */
static uint64_t key_of(unsigned i, unsigned kind)
{
	static const uint64_t steps[] = { 1, 16, 4096, 1 << 21, (uint64_t)1 << 32 };

	return 0x7f0000000000 + (i + 1) * steps[kind];
}

static void check_all(unsigned kind)
{
	size_t used = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		struct handle_entry *entry = handles_find(&table, key_of(i, kind));

		used += model[i].there;
		ck_assert_int_eq(entry != NULL, model[i].there);
		if (entry)
			ck_assert_uint_eq(entry->mapping.piece, model[i].value);
	}
	ck_assert_uint_eq(table.used, used);
}

static void put(unsigned i, uint64_t key)
{
	struct handle_entry *entry = handles_put(&table, key);

	ck_assert_ptr_nonnull(entry);
	ck_assert_uint_eq(entry->key, key);
	/* New ones are zeroed, others as they were. */
	ck_assert_uint_eq(entry->mapping.piece, model[i].there ? model[i].value : 0);
	ck_assert_uint_eq(entry->mapping.bytes, model[i].there ? ~model[i].value : 0);
	model[i].there = true;
	model[i].value = random_next(&dice);
	entry->mapping.piece = model[i].value;
	entry->mapping.bytes = ~model[i].value;
}

static void take(unsigned i, uint64_t key)
{
	struct handle_entry *entry = handles_find(&table, key);

	ck_assert_int_eq(entry != NULL, model[i].there);
	if (entry)
		handles_remove(&table, entry);
	model[i].there = false;
}

static bool is_of(struct handle_entry *entry, void *remainder)
{
	return entry->mapping.piece % 3 == *(unsigned *)remainder;
}

static void take_some(void)
{
	unsigned remainder = random_below(&dice, 3);

	handles_remove_if(&table, is_of, &remainder);
	for (unsigned i = 0; i < KEYS; i++)
		model[i].there = model[i].there && model[i].value % 3 != remainder;
}

START_TEST(random_operations)
{
	unsigned kind = (unsigned)_i;

	memset(model, 0, sizeof(model));
	dice.state = kind;
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = random_below(&dice, KEYS);

		/* Now more are put in, now more are taken out. */
		if (random_below(&dice, 8) < (step / 20000 % 2 ? 2u : 5u))
			put(i, key_of(i, kind));
		else
			take(i, key_of(i, kind));
		if (step % 20000 == 7777)
			take_some();
		if (step % 20000 == 0)
			check_all(kind);
	}
	check_all(kind);
	handles_forget(&table);
	memset(model, 0, sizeof(model));
	check_all(kind);
}
END_TEST

START_TEST(nothing_is_in_a_new_table)
{
	struct handle_table empty = { 0 };
	unsigned remainder = 0;

	ck_assert_ptr_null(handles_find(&empty, 1));
	handles_remove_if(&empty, is_of, &remainder);
	handles_forget(&empty);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("handles");
	TCase *tcase = tcase_create("handles");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, random_operations, 0, 5);
	ADD(tcase, nothing_is_in_a_new_table);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
