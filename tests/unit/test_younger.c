/* SPDX-License-Identifier: MIT */
/*
 * Processes that began after this one are told by their numbers.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "session/younger.h"
#include "segment/paths.h"

static pid_t wanted, unwanted;
static bool told_wanted, told_unwanted;

static bool note(void *context, const char *pid)
{
	(void)context;
	told_wanted |= atoi(pid) == wanted;
	told_unwanted |= atoi(pid) == unwanted;
	return false;
}

static pid_t sleeping_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void *sleep_on(void *tid)
{
	__atomic_store_n((pid_t *)tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	pause();
	return NULL;
}

/* On a busy machine too many others may begin in between. */
START_TEST(a_child_is_told_and_a_thread_is_not)
{
	for (int tries = 0; tries < 100 && !told_wanted; tries++) {
		uint64_t last = younger_last();
		pthread_t thread;

		unwanted = 0;
		ck_assert_int_eq(pthread_create(&thread, NULL, sleep_on, &unwanted), 0);
		while (!__atomic_load_n(&unwanted, __ATOMIC_ACQUIRE))
			sched_yield();
		wanted = sleeping_child();
		younger_than(last, note);
		end(wanted);
	}
	ck_assert(told_wanted);
	ck_assert(!told_unwanted);
}
END_TEST

/* Told to a process that has begun a moment ago, if it is one: not on a busy machine. */
static bool is_told(bool (*prepare)(void), int tries)
{
	while (tries-- > 0) {
		int status = -1;
		pid_t pid = fork();

		if (!pid)
			_exit(!(prepare() && younger_each(paths_start_ticks(getpid()), note)));
		waitpid(pid, &status, 0);
		if (!status)
			return true;
	}
	return false;
}

static bool nothing(void)
{
	return true;
}

static bool other_user(void)
{
	return !setresuid(65534, 65534, 65534);
}

static bool one_that_ended(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return waitpid(pid, NULL, 0) == pid;
}

static bool one_that_lives(void)
{
	pid_t pid = fork();

	if (!pid) {
		usleep(100000);
		_exit(0);
	}
	return pid > 0;
}

static bool none_waited_for(void)
{
	return signal(SIGCHLD, SIG_IGN) != SIG_ERR;
}

static bool many(void)
{
	for (int i = 0; i < 200; i++)
		if (!one_that_ended())
			return false;
	return true;
}

static bool of_another_user(void)
{
	return other_user() && one_that_ended();
}

static bool many_of_another_user(void)
{
	return other_user() && many();
}

START_TEST(a_short_program_is_told)
{
	ck_assert(is_told(nothing, 100));
}
END_TEST

START_TEST(who_may_choose_numbers_is_told_if_it_has_had_no_child)
{
	if (geteuid())
		return;
	ck_assert(is_told(of_another_user, 100));
	ck_assert(!is_told(one_that_ended, 5));
	ck_assert(!is_told(one_that_lives, 5));
	ck_assert(!is_told(none_waited_for, 5));
}
END_TEST

START_TEST(after_a_crowd_they_do_not_tell)
{
	ck_assert(!is_told(geteuid() ? many : many_of_another_user, 5));
}
END_TEST

START_TEST(after_a_long_time_they_do_not_tell)
{
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

	ADD(tcase, a_child_is_told_and_a_thread_is_not);
	ADD(tcase, a_short_program_is_told);
	ADD(tcase, who_may_choose_numbers_is_told_if_it_has_had_no_child);
	ADD(tcase, after_a_crowd_they_do_not_tell);
	ADD(tcase, after_a_long_time_they_do_not_tell);
	ADD(tcase, numbers_may_have_come_round);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
