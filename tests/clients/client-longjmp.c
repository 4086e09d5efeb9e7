/* SPDX-License-Identifier: MIT */
/*
 * client-longjmp [TIMES]: frames between a call and its return that never return. A library
 * function calls back into the program, which leaves by longjmp, goes 100 deep first, or has its
 * thread cancelled in there; every call still counts, and calls afterwards work as before.
 */
#include <pthread.h>
#include <setjmp.h>
#include <unistd.h>

#include "../sim/standins/include/sim_cufft.h"
#include "check.h"

enum { DEPTH = 100, A_STATUS = 5 };

static __thread jmp_buf home;
static __thread int depth;

static void jump(void *data)
{
	longjmp(home, *(int *)data);
}

static void leave_by_longjmp(int times)
{
	/* volatile: they change between setjmp and longjmp. */
	volatile int i, left = 0;
	int value = 7;

	for (i = 0; i < times; i++) {
		if (setjmp(home) == 0) {
			cufftSimCallback(jump, &value);
			CHECK_TRUE(0);
		}
		left++;
		CHECK_EQUAL(cufftSimStatus(A_STATUS), A_STATUS);
	}
	CHECK_EQUAL(left, times);
}

static void descend(void *data)
{
	const int *jump_at_the_end = data;

	if (++depth < DEPTH)
		CHECK(cufftSimCallback(descend, data));
	else if (*jump_at_the_end)
		longjmp(home, 1);
	else
		CHECK(cufftSimStatus(0));
	depth--;
}

static void nest(int jump_at_the_end)
{
	depth = 0;
	if (setjmp(home) == 0) {
		CHECK(cufftSimCallback(descend, &jump_at_the_end));
		CHECK_TRUE(!jump_at_the_end);
		CHECK_EQUAL(depth, 0);
	}
	CHECK(cufftSimStatus(0));
}

static void cleaned(void *data)
{
	CHECK(cufftSimStatus(0));
	++*(int *)data;
}

static void wait_to_be_cancelled(void *data)
{
	pthread_barrier_wait(data);
	for (;;)
		pause();
}

struct cancelled {
	pthread_barrier_t barrier;
	int cleanups;
};

static void *cancelled_thread(void *argument)
{
	struct cancelled *state = argument;

	pthread_cleanup_push(cleaned, &state->cleanups);
	cufftSimCallback(wait_to_be_cancelled, &state->barrier);
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancel(void)
{
	struct cancelled state = { .cleanups = 0 };
	pthread_t thread;
	void *result = NULL;

	CHECK(pthread_barrier_init(&state.barrier, NULL, 2));
	CHECK(pthread_create(&thread, NULL, cancelled_thread, &state));
	pthread_barrier_wait(&state.barrier);
	CHECK(pthread_cancel(thread));
	CHECK(pthread_join(thread, &result));
	CHECK_TRUE(result == PTHREAD_CANCELED);
	CHECK_EQUAL(state.cleanups, 1);
	CHECK(pthread_barrier_destroy(&state.barrier));
}

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 331;

	leave_by_longjmp(times);
	nest(0);
	nest(1);
	cancel();
	/* 100 calls down, then one status at the bottom unless that is left by longjmp. */
	printf("cufftSimCallback %d, cufftSimStatus %d, errors %d\n", times + 2 * DEPTH + 1,
		times + 4, times);
	return 0;
}
