/* SPDX-License-Identifier: MIT */
/*
 * What is known of objects that come, go, and come back, in lists that stand for the loader's. The
 * objects in them are loaded; the links are the test's.
 */
#include <dlfcn.h>
#include <string.h>

#include "../../preload/ground/lock.h"
#include "../../preload/objects/functions.h"
#include "../../preload/objects/objects.h"
#include "../../preload/segment/gaps.h"
#include "../sim/standins/include/sim_driver.h"
#include "../unit/harness.h"

/* What objects.c asks of others. */
struct r_debug *loader_list;
struct link_map *loader_self;

void loader_came(const struct link_map *map)
{
	(void)map;
}

/* There is one thread. */
void lock_take(enum lock lock)
{
	(void)lock;
}

void lock_give(enum lock lock)
{
	(void)lock;
}

void gap_add(enum gap gap, uint64_t n)
{
	ck_abort_msg("a gap: %d, %d times", (int)gap, (int)n);
}

enum { PROGRAM, DRIVER, A, B, C, ELSEWHERE, OBJECTS };

static struct link_map maps[OBJECTS];
static struct r_debug list;

static struct link_map *loaded(const char *path)
{
	struct link_map *map = NULL;
	void *handle = dlopen(path, RTLD_NOW);

	ck_assert_msg(handle && !dlinfo(handle, RTLD_DI_LINKMAP, &map), "%s", dlerror());
	return map;
}

static void load(void)
{
	static const char *const paths[] = { [A] = OBJECT_PATH "1.so",
		[B] = OBJECT_PATH "2.so",
		[C] = OBJECT_PATH "3.so",
		[ELSEWHERE] = OBJECT_PATH "4.so" };
	Dl_info driver;

	ck_assert(dladdr((void *)(uintptr_t)cuInit, &driver));
	memcpy(&maps[PROGRAM], loaded(NULL), sizeof(maps[0]));
	memcpy(&maps[DRIVER], loaded(driver.dli_fname), sizeof(maps[0]));
	for (int i = A; i < OBJECTS; i++)
		memcpy(&maps[i], loaded(paths[i]), sizeof(maps[0]));
	loader_list = &list;
}

static void nothing(const struct object *object)
{
	(void)object;
}

/* The loader's list is of these, in this order; then it is looked at. */
static void look(const char *order, bool closed)
{
	struct link_map **end = &list.r_map;

	for (; *order; order++) {
		*end = &maps[*order - '0'];
		end = &maps[*order - '0'].l_next;
	}
	*end = NULL;
	objects_look(LOOK_INIT, closed, nothing);
}

static uintptr_t inside(int which)
{
	return (uintptr_t)maps[which].l_ld;
}

START_TEST(who_has_told_is_remembered_when_another_one_moves_behind_it)
{
	load();
	look("01234", false);
	/* A has no _init. */
	ck_assert(!objects_begin(inside(DRIVER)));
	ck_assert(!objects_begin(inside(B)));
	ck_assert(!objects_begin(inside(C)));
	look("01243", true); /* B was closed, and is in its place again */
	ck_assert_msg(objects_begin(inside(C)), "it is taken for one that has yet to tell");
}
END_TEST

START_TEST(who_is_met_again_stays_what_it_was)
{
	const struct object *before;

	load();
	look("01234", false);
	ck_assert(!objects_begin(inside(C)));
	before = objects_find(inside(C));
	look("01234", true);
	ck_assert_ptr_eq(objects_find(inside(C)), before);
	ck_assert(before->fresh);
	look("0124", true);
	ck_assert_ptr_eq(objects_find(inside(C)), before);
	ck_assert_ptr_null(objects_find(inside(B)));
}
END_TEST

START_TEST(what_came_with_the_program_is_not_suspected)
{
	load();
	look("012", false);
	objects_met_first(true);
	look("0123", true);
	ck_assert(!objects_find(inside(A))->fresh);
	ck_assert(objects_find(inside(B))->fresh);
}
END_TEST

START_TEST(another_one_in_its_place_is_read)
{
	uintptr_t before;
	struct object *object;

	load();
	look("012", false);
	before = inside(A);
	object = objects_all()->at[A];
	ck_assert(!objects_reread(object));
	maps[A].l_addr = maps[ELSEWHERE].l_addr;
	maps[A].l_ld = maps[ELSEWHERE].l_ld;
	ck_assert(objects_reread(object));
	ck_assert(!objects_reread(object));
	ck_assert_ptr_null(objects_find(before));
	ck_assert_ptr_eq(objects_find(inside(ELSEWHERE)), object);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("objects");
	TCase *tcase = tcase_create("objects");

	ADD(tcase, who_has_told_is_remembered_when_another_one_moves_behind_it);
	ADD(tcase, who_is_met_again_stays_what_it_was);
	ADD(tcase, what_came_with_the_program_is_not_suspected);
	ADD(tcase, another_one_in_its_place_is_read);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
