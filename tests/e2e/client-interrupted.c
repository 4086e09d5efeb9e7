/* SPDX-License-Identifier: MIT */
/*
 * Calls that are interrupted.
 *   client-interrupted signals     a timer's handler makes calls, in the middle of others
 *   client-interrupted cancelled   a thread makes its first call with a cancellation waiting
 *   client-interrupted becomes     so does one that becomes another program
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

int cuInit(unsigned flags);
int cuDriverGetVersion(int *version);
int cufftSimStatus(int status);

static atomic_long handled;
static atomic_int waiting;

/* A function that takes no lock: as much as a handler may call. */
static void on_alarm(int signal)
{
	(void)signal;
	cufftSimStatus(0);
	atomic_fetch_add(&handled, 1);
}

static int signals(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	int failed = 0;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (atomic_load(&handled) < 2000)
		for (int i = 0; i < 1000; i++)
			failed |= cufftSimStatus(0);
	setitimer(ITIMER_REAL, &never, NULL);
	puts(failed ? "a call failed" : "all calls came back");
	return failed;
}

static void *first_calls(void *data)
{
	int version;

	while (!atomic_load(&waiting))
		continue;
	for (int i = 0; i < 10; i++)
		cuDriverGetVersion(&version);
	return data;
}

static int cancelled(void)
{
	pthread_t thread;
	void *result;
	int mark;

	for (int i = 0; i < 2; i++) {
		atomic_store(&waiting, 0);
		pthread_create(&thread, NULL, first_calls, &mark);
		if (!i)
			pthread_cancel(thread);
		atomic_store(&waiting, 1);
		pthread_join(thread, &result);
		puts(result == &mark ? "returned" : "cancelled");
	}
	return 0;
}

static void *become(void *nothing)
{
	pthread_cancel(pthread_self());
	execl("/nonexistent", "nonexistent", NULL);
	execlp("echo", "echo", "became", "another", "program", NULL);
	return nothing;
}

static int becomes(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, become, NULL);
	pthread_join(thread, NULL);
	puts("cancelled");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 2 || cuInit(0))
		return 2;
	if (!strcmp(argv[1], "becomes"))
		return becomes();
	return strcmp(argv[1], "signals") ? cancelled() : signals();
}
