/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/number.h"
#include "harness.h"
#include "report/output_name.h"
#include "segment/alive.h"
#include "segment/paths.h"

START_TEST(base_follows_the_environment)
{
	char path[PATHS_MAX], expected[64], longest[PATHS_MAX + 1];

	snprintf(expected, sizeof(expected), "/dev/shm/gpuspy-%u", (unsigned)geteuid());
	ck_assert_int_eq(paths_base(path, NULL), 0);
	ck_assert_str_eq(path, expected);
	ck_assert_int_eq(paths_base(path, ""), 0);
	ck_assert_str_eq(path, expected);
	ck_assert_int_eq(paths_base(path, "/scratch/g//"), 0);
	ck_assert_str_eq(path, "/scratch/g");
	ck_assert_int_eq(paths_base(path, "//./scratch/.//g/./..g/."), 0);
	ck_assert_str_eq(path, "/scratch/g/..g");
	for (const char *root = "/./././"; *root; root++)
		if (*root == '/') {
			ck_assert_int_eq(paths_base(path, root), 0);
			ck_assert_str_eq(path, "/");
		}
	ck_assert_int_eq(paths_base(path, "relative/folder"), -1);
	memset(longest, 'a', PATHS_MAX);
	longest[0] = '/';
	longest[PATHS_MAX] = 0;
	ck_assert_int_eq(paths_base(path, longest), -1);
	longest[1] = longest[500] = '/';
	ck_assert_int_eq(paths_base(path, longest), 0);
	ck_assert_uint_eq(strlen(path), PATHS_MAX - 1);
	longest[1] = 'a';
	ck_assert_int_eq(paths_base(path, longest), -1);
	longest[PATHS_MAX - 1] = 0;
	ck_assert_int_eq(paths_base(path, longest), 0);
	ck_assert_str_eq(path, longest);
}
END_TEST

START_TEST(spellings_of_a_folder)
{
	static const struct {
		const char *path, *base;
		bool same;
	} rows[] = { { "/a/b", "/a/b", true }, { "//a/./b//", "/a/b", true }, { "/", "/", true },
		{ "/./", "/", true }, { "/a/b", "/a", false }, { "/a", "/a/b", false },
		{ "/a/..b", "/a/.b", false }, { "/ab", "/a", false }, { "/", "/a", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(paths_are_same(rows[i].path, rows[i].base) == rows[i].same, "%s",
			rows[i].path);
}
END_TEST

START_TEST(session_names)
{
	char name[80];

	ck_assert(paths_session_valid("a"));
	ck_assert(paths_session_valid("Run_1.final-2"));
	ck_assert(!paths_session_valid(""));
	ck_assert(!paths_session_valid("."));
	ck_assert(!paths_session_valid(".."));
	ck_assert(!paths_session_valid(".hidden"));
	ck_assert(!paths_session_valid("a/b"));
	ck_assert(!paths_session_valid("a b"));
	ck_assert(!paths_session_valid("\xc3\xa4"));
	memset(name, 'x', sizeof(name));
	name[64] = 0;
	ck_assert(paths_session_valid(name));
	name[64] = 'x';
	name[65] = 0;
	ck_assert(!paths_session_valid(name));
}
END_TEST

START_TEST(session_identities)
{
	static const char *const bad[] = { "", "-", "42", "42-", "-5", "042-5", "0-5", "42-5 ",
		"42-05", "+4-5", "4 2-5", "2147483648-5", "42-18446744073709551616", "42-5-",
		"a-5" };
	uint64_t start;
	pid_t pid;

	ck_assert(paths_session_identity("42-8812345", &pid, &start));
	ck_assert_int_eq(pid, 42);
	ck_assert_uint_eq(start, 8812345);
	ck_assert(paths_session_identity("2147483647-18446744073709551615", &pid, &start));
	ck_assert_uint_eq(start, UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!paths_session_identity(bad[i], &pid, &start), "%s", bad[i]);
}
END_TEST

START_TEST(segment_identities)
{
	static const char *const bad[] = { "4-5.seg", "4-5-.seg", "4-5-6", "4-5-6.segx",
		"4-5-6.seg.", "4-5-06.seg", "4-5-4294967296.seg", "../4-5-6.seg", "4-5-6-7.seg" };
	uint64_t start;
	unsigned image;
	pid_t pid;

	ck_assert(paths_segment_identity("4-5-6.seg", &pid, &start, &image));
	ck_assert_int_eq(pid, 4);
	ck_assert_uint_eq(start, 5);
	ck_assert_uint_eq(image, 6);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!paths_segment_identity(bad[i], &pid, &start, &image), "%s", bad[i]);
}
END_TEST

START_TEST(start_ticks_of_the_living)
{
	uint64_t own = paths_start_ticks(getpid());
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_NAME, ") Z 1 ("); /* the name stands in the middle of the line */
		pause();
		_exit(0);
	}
	ck_assert_uint_gt(own, 0);
	usleep(50000);
	ck_assert_uint_ge(paths_start_ticks(child), own);
	kill(child, SIGKILL);
	while (paths_start_ticks(child)) /* not waited for: a zombie is not alive */
		usleep(1000);
	waitpid(child, NULL, 0);
	ck_assert_uint_eq(paths_start_ticks(child), 0);
	ck_assert_uint_eq(paths_start_ticks(0), 0);
	ck_assert_uint_eq(paths_start_ticks(-1), 0);
}
END_TEST

/* What is not of this boot, host and namespace is neither alive nor dead, whatever its number. */
START_TEST(alive_here_and_elsewhere)
{
	const struct segment_place unknown = { .pid_namespace = 0 };
	uint64_t start = paths_start_ticks(getpid());
	struct segment_place here, other;

	alive_here(&here);
	ck_assert_uint_ne(here.pid_namespace, 0);
	ck_assert_int_eq(alive_look(getpid(), start, &here), ALIVE);
	ck_assert_int_eq(alive_look(getpid(), start, &unknown), ALIVE);
	ck_assert_int_eq(alive_look(getpid(), start + 1, &here), ENDED);
	other = here;
	other.pid_namespace++;
	ck_assert_int_eq(alive_look(getpid(), start, &other), ELSEWHERE);
	ck_assert(!alive_is_here(&other));
	other = here;
	other.boot[3]++;
	/* The same host, started anew: nothing of before is left. */
	ck_assert_int_eq(alive_look(getpid(), start, &other), ENDED);
	other.host[0] ^= 1;
	ck_assert_int_eq(alive_look(getpid(), start, &other), ELSEWHERE);
}
END_TEST

START_TEST(owners_of_sessions)
{
	unsigned long long start = paths_start_ticks(getpid());
	char name[64];

	snprintf(name, sizeof(name), "%d-%llu", (int)getpid(), start);
	ck_assert(alive_owner(name));
	snprintf(name, sizeof(name), "%d-%llu", (int)getpid(), start + 1000);
	ck_assert(alive_owner(name)); /* named when it was running already */
	snprintf(name, sizeof(name), "%d-%llu", (int)getpid(), start - 1);
	ck_assert(!alive_owner(name)); /* what had this number then was another one */
	ck_assert(!alive_owner("nightly"));
}
END_TEST

/* A name that came from another machine or container: its number is somebody else's here. */
START_TEST(owners_elsewhere)
{
	char name[SESSION_NAME_MAX], other[SESSION_NAME_MAX];
	uint32_t place = 1, same = 2;
	uint64_t time;
	pid_t pid;

	alive_name(name, getpid(), paths_start_ticks(getpid()));
	ck_assert(alive_owner(name));
	ck_assert(alive_named_here(name));
	ck_assert(paths_session_valid(name));
	ck_assert(paths_session_identity(name, &pid, &time));
	ck_assert_int_eq(pid, getpid());
	ck_assert_uint_eq(time, paths_start_ticks(getpid()));
	ck_assert(paths_session_place(name, &place));
	snprintf(other, sizeof(other), "%d-%llu-%08x", (int)pid, (unsigned long long)time, place);
	ck_assert_str_eq(name, other);
	ck_assert(paths_session_place(other, &same) && same == place);
	snprintf(other, sizeof(other), "%d-%llu-%08x", (int)pid, (unsigned long long)time,
		place ^ 1);
	ck_assert(paths_session_identity(other, &pid, &time));
	ck_assert(!alive_owner(other));
	ck_assert(!alive_named_here(other));
	/* Without a place nobody can say; what an older gpuspy named is believed by housekeeping.
	 */
	ck_assert(!alive_named_here("1-2"));
	ck_assert(!paths_session_place("1-2", &place));
	ck_assert(!paths_session_identity("1-2-3", &pid, &time));
	ck_assert(!paths_session_identity("1-2-1234567g", &pid, &time));
	ck_assert(!paths_session_identity("1-2-123456789", &pid, &time));
	ck_assert(!paths_session_identity("1-2-1234567", &pid, &time));
}
END_TEST

START_TEST(numbers_are_written_as_printf_does)
{
	static const uint64_t numbers[] = { 0, 1, 9, 10, 99, 100, 255, 4294967296, UINT64_MAX };
	char ours[32], libcs[32];

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		for (int digits = 1; digits <= 20; digits++) {
			char *end = number_write(ours, numbers[i], 10, (unsigned)digits);

			snprintf(libcs, sizeof(libcs), "%0*llu", digits,
				(unsigned long long)numbers[i]);
			ck_assert_str_eq(ours, libcs);
			ck_assert_ptr_eq(end, ours + strlen(ours));
			number_write(ours, numbers[i], 16, (unsigned)digits);
			snprintf(libcs, sizeof(libcs), "%0*llx", digits,
				(unsigned long long)numbers[i]);
			ck_assert_str_eq(ours, libcs);
		}
}
END_TEST

START_TEST(output_names)
{
	char name[64], host[64];

	ck_assert_int_eq(output_name(name, sizeof(name), "/a/%p-%s.%%%x%", 12, "12-34"), 0);
	ck_assert_str_eq(name, "/a/12-12-34.%%x%");
	ck_assert_int_eq(output_name(name, sizeof(name), "%h", 12, "s"), 0);
	ck_assert_int_eq(gethostname(host, sizeof(host)), 0);
	ck_assert_str_eq(name, host);
	ck_assert_int_eq(output_name(name, 5, "1234", 1, "s"), 0);
	ck_assert_int_eq(output_name(name, 5, "12345", 1, "s"), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("paths");
	TCase *tcase = tcase_create("paths");

	ADD(tcase, base_follows_the_environment);
	ADD(tcase, spellings_of_a_folder);
	ADD(tcase, session_names);
	ADD(tcase, session_identities);
	ADD(tcase, segment_identities);
	ADD(tcase, start_ticks_of_the_living);
	ADD(tcase, alive_here_and_elsewhere);
	ADD(tcase, owners_of_sessions);
	ADD(tcase, owners_elsewhere);
	ADD(tcase, numbers_are_written_as_printf_does);
	ADD(tcase, output_names);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
