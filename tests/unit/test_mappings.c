/* SPDX-License-Identifier: MIT */
/*
 * What a process may run or write of files, as the kernel answers when it is asked for it (since
 * Linux 6.11), and as it stands in the lines of the file: one and the same.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "session/mappings.h"

enum { LINES = PATH_MAX - 1, ASKED = 4 * PATH_MAX, MAPPINGS_MAX = 512 };

struct seen {
	struct {
		uintptr_t start;
		bool code;
		char path[256];
	} all[MAPPINGS_MAX];
	unsigned n;
};

static struct seen seen;
static char folder[] = "/tmp/test-mappings-XXXXXX";

static void note(void *context, const struct mapping *mapping)
{
	struct seen *to = context;

	ck_assert_uint_lt(to->n, MAPPINGS_MAX);
	to->all[to->n].start = mapping->start;
	to->all[to->n].code = mapping->code;
	snprintf(to->all[to->n++].path, sizeof(to->all[0].path), "%s", mapping->path);
}

static void look(size_t room)
{
	static char buffer[ASKED];

	seen.n = 0;
	ck_assert_int_eq(mappings_each(buffer, room, note, &seen), 0);
}

/* The first that begins there. */
static int at(const void *start)
{
	for (unsigned i = 0; i < seen.n; i++)
		if (seen.all[i].start == (uintptr_t)start)
			return (int)i;
	return -1;
}

static void *map(const char *name, int rights, int kind)
{
	int fd = open(name, O_RDWR | O_CREAT, 0700);
	void *start;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 1), 0);
	start = mmap(NULL, 1, rights, kind, fd, 0);
	ck_assert_ptr_ne(start, MAP_FAILED);
	close(fd);
	return start;
}

static const size_t rooms[] = { LINES, ASKED };

START_TEST(what_may_be_run_or_written_is_told)
{
	static const struct {
		int rights, kind;
		bool code;
	} kinds[] = { { PROT_READ | PROT_EXEC, MAP_PRIVATE, true },
		{ PROT_READ | PROT_EXEC, MAP_SHARED, false },
		{ PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, false },
		{ PROT_READ | PROT_WRITE, MAP_PRIVATE, false },
		{ PROT_READ | PROT_WRITE, MAP_SHARED, false }, { PROT_WRITE, MAP_SHARED, false } };
	char name[64], path[128];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		void *start;
		int found;

		snprintf(name, sizeof(name), "kind%zu", i);
		snprintf(path, sizeof(path), "%s/%s", folder, name);
		start = map(name, kinds[i].rights, kinds[i].kind);
		look(rooms[_i]);
		found = at(start);
		ck_assert_int_ge(found, 0);
		ck_assert_int_eq(seen.all[found].code, kinds[i].code);
		ck_assert_str_eq(seen.all[found].path, path);
		ck_assert_int_eq(munmap(start, 1), 0);
		look(rooms[_i]);
		ck_assert_int_lt(at(start), 0);
	}
}
END_TEST

START_TEST(a_removed_file_keeps_its_path)
{
	void *start = map("gone", PROT_READ | PROT_EXEC, MAP_PRIVATE);
	char path[128];

	ck_assert_int_eq(unlink("gone"), 0);
	snprintf(path, sizeof(path), "%s/gone (deleted)", folder);
	look(rooms[_i]);
	ck_assert_int_ge(at(start), 0);
	ck_assert_str_eq(seen.all[at(start)].path, path);
	munmap(start, 1);
}
END_TEST

/* All that is code, each once. */
START_TEST(both_ways_tell_the_same)
{
	static struct seen lines;
	unsigned code = 0, same = 0;

	look(LINES);
	lines = seen;
	look(ASKED);
	for (unsigned i = 0; i < lines.n; i++) {
		int found = at((const void *)lines.all[i].start);

		if (!lines.all[i].code)
			continue;
		code++;
		ck_assert_int_ge(found, 0);
		ck_assert(seen.all[found].code);
		ck_assert_str_eq(seen.all[found].path, lines.all[i].path);
	}
	for (unsigned i = 0; i < seen.n; i++)
		same += seen.all[i].code;
	ck_assert_uint_ge(code, 3); /* this program, libc and ld.so */
	ck_assert_uint_eq(code, same);
}
END_TEST

/* Deeper than a path may name, which is reached step by step. Those behind it are told. */
START_TEST(one_with_a_path_that_is_too_long_hides_no_other)
{
	enum { DEEP = 20 };
	char name[251];
	int home = open(".", O_RDONLY | O_DIRECTORY);
	void *two[2], *start;

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (int i = 0; i < DEEP; i++) {
		ck_assert_int_eq(mkdir(name, 0700), 0);
		ck_assert_int_eq(chdir(name), 0);
	}
	start = map("deep", PROT_READ | PROT_EXEC, MAP_PRIVATE);
	for (int i = 0; i < DEEP; i++) {
		if (i == 0)
			ck_assert_int_eq(unlink("deep"), 0);
		ck_assert_int_eq(chdir(".."), 0);
		ck_assert_int_eq(rmdir(name), 0);
	}
	ck_assert_int_eq(fchdir(home), 0);
	close(home);
	two[0] = map("one", PROT_READ | PROT_EXEC, MAP_PRIVATE);
	two[1] = map("two", PROT_READ | PROT_WRITE, MAP_SHARED);
	look(rooms[_i]);
	ck_assert_int_ge(at(two[1]), 0);
	ck_assert_int_ge(at(two[0]), 0);
	ck_assert(seen.all[at(two[0])].code);
	/* Once each: nothing is told both ways. */
	for (int i = at(two[0]) + 1; i < (int)seen.n; i++)
		ck_assert(seen.all[i].start != (uintptr_t)two[0]);
	munmap(start, 1);
	munmap(two[0], 1);
	munmap(two[1], 1);
}
END_TEST

static void enter(void)
{
	strcpy(strrchr(folder, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void leave(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

int main(void)
{
	Suite *suite = suite_create("mappings");
	TCase *tcase = tcase_create("mappings");

	tcase_add_checked_fixture(tcase, enter, leave);
	tcase_add_loop_test(tcase, what_may_be_run_or_written_is_told, 0, 2);
	tcase_add_loop_test(tcase, a_removed_file_keeps_its_path, 0, 2);
	tcase_add_test(tcase, both_ways_tell_the_same);
	tcase_add_loop_test(tcase, one_with_a_path_that_is_too_long_hides_no_other, 0, 2);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
