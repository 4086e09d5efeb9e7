/* SPDX-License-Identifier: MIT */
/*
 * Processes that began after this one are told by their numbers.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "session/younger.h"
#include "segment/paths.h"

static struct {
	unsigned count;
	pid_t last;
} seen;

static bool note(void *context, const char *pid)
{
	(void)context;
	seen.count++;
	seen.last = (pid_t)atoi(pid);
	return false;
}

/* Root may choose numbers. */
static bool ask(void)
{
	if (!geteuid())
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	seen.count = 0;
	return younger_each(paths_start_ticks(getpid()), note);
}

static pid_t sleeping_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Each test is a process of its own, which has begun a moment ago. On a busy machine others begin
 * in between. */
START_TEST(a_child_is_younger)
{
	pid_t pid = ask() ? sleeping_child() : 0;
	bool all = pid > 0 && ask();

	end(pid);
	ck_assert(all);
	ck_assert_uint_ge(seen.count, 1);
	ck_assert_int_ge(seen.last, pid);
}
END_TEST

static void *sleep_on(void *nothing)
{
	pause();
	return nothing;
}

START_TEST(a_thread_is_no_process)
{
	unsigned before = ask() ? seen.count : 1000;
	pthread_t other;
	bool same = false;

	ck_assert_int_eq(pthread_create(&other, NULL, sleep_on, NULL), 0);
	for (int tries = 0; tries < 20 && !same; tries++)
		same = ask() && seen.count <= before;
	ck_assert(same);
}
END_TEST

START_TEST(after_a_crowd_they_do_not_tell)
{
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	ck_assert(!ask());
}
END_TEST

/* With none that ended, either, it is told by them as others are. */
START_TEST(who_may_choose_numbers_is_not_told_by_them_if_it_has_had_a_child)
{
	uint64_t started = paths_start_ticks(getpid());
	pid_t pid;

	if (geteuid())
		return;
	ck_assert(younger_each(started, note));
	signal(SIGCHLD, SIG_IGN);
	ck_assert(!younger_each(started, note));
	signal(SIGCHLD, SIG_DFL);
	ck_assert(younger_each(started, note));
	pid = sleeping_child();
	ck_assert(!younger_each(started, note));
	kill(pid, SIGKILL);
	ck_assert(!younger_each(started, note));
	waitpid(pid, NULL, 0);
	ck_assert(!younger_each(started, note));
}
END_TEST

START_TEST(after_a_long_time_they_do_not_tell)
{
	ck_assert(ask());
	ck_assert(!younger_each(1, note));
}
END_TEST

START_TEST(numbers_may_have_come_round)
{
	ck_assert(!younger_may_wrap(20000, 32768, 100));
	ck_assert(younger_may_wrap(32768 - 300 - 300, 32768, 100));
	ck_assert(!younger_may_wrap(32768 - 300 - 300 - 1, 32768, 100));
	ck_assert(younger_may_wrap(20000, 32768, 5000));
	ck_assert(younger_may_wrap(1, 32768, 20000));
	ck_assert(younger_may_wrap(1, 301, 1));
	ck_assert(younger_may_wrap(1, 32768, 0)); /* unknown */
	ck_assert(!younger_may_wrap(4000000, 4194304, 5000));
	ck_assert(younger_may_wrap(4194304 - 300 - 15000, 4194304, 5000));
	ck_assert(younger_may_wrap(0, 0, 0)); /* unknown */
	ck_assert(younger_may_wrap(UINT64_MAX, 4194304, 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("younger");
	TCase *tcase = tcase_create("younger");

	ADD(tcase, a_child_is_younger);
	ADD(tcase, a_thread_is_no_process);
	ADD(tcase, after_a_crowd_they_do_not_tell);
	ADD(tcase, who_may_choose_numbers_is_not_told_by_them_if_it_has_had_a_child);
	ADD(tcase, after_a_long_time_they_do_not_tell);
	ADD(tcase, numbers_may_have_come_round);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
