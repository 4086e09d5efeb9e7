/* SPDX-License-Identifier: MIT */
/* The ledger over threads, forks and kills. */
#include "check_driver.h"

#include "ledger.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4, CALLS = 2000 };

static void call(void)
{
	int version;

	for (int i = 0; i < CALLS; i++)
		cuDriverGetVersion(&version);
}

static void *call_in_thread(void *data)
{
	call();
	return data;
}

START_TEST(threads_and_forks)
{
	pthread_t threads[WORKERS];

	use_ledger();
	for (int i = 0; i < WORKERS; i++) {
		pid_t child = fork();

		ck_assert_int_ge(child, 0);
		if (!child) {
			call();
			_exit(0);
		}
		ck_assert_int_eq(pthread_create(&threads[i], NULL, call_in_thread, NULL), 0);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	while (wait(NULL) > 0)
		;
	ck_assert_uint_eq(calls_of("cuDriverGetVersion"), 2 * WORKERS * CALLS);
}
END_TEST

START_TEST(killed)
{
	pid_t child;
	int status;

	use_ledger();
	child = fork();
	if (!child) {
		call();
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_uint_eq(calls_of("cuDriverGetVersion"), CALLS);
}
END_TEST

START_TEST(without_a_ledger)
{
	unsetenv("SIM_LEDGER");
	ck_assert_ptr_null(ledger_find("libx.so", "f"));
	ledger_add_call(NULL);
	ledger_add_error(NULL);
	ledger_add("launches", 1);
	OK(cuInit(0));
}
END_TEST

START_TEST(long_names_and_many)
{
	char name[300];

	use_ledger();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ledger_add(name, 3);
	for (int i = 0; i < 2 * LEDGER_ENTRIES; i++) { /* more than there is room for */
		snprintf(name, sizeof(name), "name %d", i);
		ledger_add(name, 1);
	}
	ck_assert_uint_eq(total_of("name 0"), 1);
	ck_assert_uint_eq(total_of("name 100"), 1);
	ck_assert_ptr_null(ledger_find("total", "one more"));
}
END_TEST

TCase *tests_of_ledger(void)
{
	TCase *tests = tcase_create("ledger");

	tcase_add_test(tests, threads_and_forks);
	tcase_add_test(tests, killed);
	tcase_add_test(tests, without_a_ledger);
	tcase_add_test(tests, long_names_and_many);
	return tests;
}
