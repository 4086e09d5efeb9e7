/* SPDX-License-Identifier: MIT */
/*
 * stacks CASE: calls on stacks that are not the usual one.
 *
 *     order      two coroutines, each in a call that calls back; the calls end in another order
 *     many       as many coroutines as there are frames in several areas, ended in all orders
 *     thread     a call begins in a coroutine on one thread and ends on another
 *     deep       calls inside calls, deeper than an area has frames
 *     lost       coroutines that are thrown away in the middle of their calls, again and again
 *     left       threads end while coroutines are in calls that they began; others end the calls
 *     inside     a coroutine's stack is an array of main's: calls of both end in all orders
 *     copied     coroutines that have one such stack in turn, copied away and back (greenlets)
 *     jumped     calls that are left by longjmp, again and again, deep inside others
 *     signals    a timer's signals come while some of many coroutines wait in their calls
 *     preempted  coroutines that a timer's handler switches, in the middle of anything
 *     top        an observed function is called from the very top of a stack
 *     first      the first call of the process, from a thread with the smallest stack
 *     dlopen     names that are not there, asked for on a stack of 24 KiB, or the smallest
 *
 * All print their number of calls.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../sim/standins/include/sim_cufft.h"
#include "../sim/standins/include/sim_driver.h"

enum { COROUTINES = 4000, STACK = 32768, LOST = 20000, DEPTH = 200, LEFT = 1000, GROWTH = 4 << 20 };

static ucontext_t outside, inside[COROUTINES];
static unsigned calls;

static void yield(void *data)
{
	int i = (int)(intptr_t)data;

	swapcontext(&inside[i], &outside);
}

static void run(int i)
{
	CHECK(cufftSimCallback(yield, (void *)(intptr_t)i));
}

static void make(int i)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	getcontext(&inside[i]);
	inside[i].uc_stack.ss_sp = stack;
	inside[i].uc_stack.ss_size = STACK;
	inside[i].uc_link = &outside;
	makecontext(&inside[i], (void (*)(void))run, 1, i);
}

static void enter(int i)
{
	swapcontext(&outside, &inside[i]);
}

static void begin(int i)
{
	make(i);
	calls++;
	enter(i);
}

static void nested(void *nothing)
{
	(void)nothing;
	calls++;
	CHECK(cufftSimStatus(0));
}

static void call_nested(void)
{
	calls++;
	CHECK(cufftSimCallback(nested, NULL));
}

static void order(void)
{
	begin(0);
	begin(1);
	enter(0); /* its call ends, while the other's goes on */
	call_nested();
	enter(1);
}

static void many(void)
{
	enum { N = 149 }; /* a prime, so that every step meets them all */

	for (int step = 1; step < 12; step += 2) {
		for (int i = 0; i < N; i++)
			begin(i);
		for (int i = 0; i < N; i++) {
			enter(i * step % N);
			call_nested();
		}
	}
}

static void *end_it(void *nothing)
{
	enter(0);
	call_nested();
	return nothing;
}

static void on_another_thread(void)
{
	pthread_t thread;

	for (int i = 0; i < 100; i++) {
		begin(0);
		CHECK(pthread_create(&thread, NULL, end_it, NULL));
		CHECK(pthread_join(thread, NULL));
		call_nested();
	}
}

static void descend(void *data)
{
	int *left = data;

	calls++;
	if ((*left)--)
		CHECK(cufftSimCallback(descend, left));
	else
		CHECK(cufftSimStatus(0));
}

static void deep(void)
{
	for (int i = 0; i < 3; i++) {
		int left = DEPTH;

		calls++;
		CHECK(cufftSimCallback(descend, &left));
	}
}

/* The size of this process's memory, in bytes. An emulator's own is not among its maps, proc(5). */
static long memory(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned long low, high;
	long all = 0;

	CHECK_TRUE(file);
	while (fscanf(file, "%lx-%lx%*[^\n]", &low, &high) == 2)
		all += (long)(high - low);
	fclose(file);
	return all;
}

/* The one before goes when this one has its stack, or that would be at the same place. */
static void lose_one(int i)
{
	begin(i % 2);
	if (i)
		munmap(inside[(i + 1) % 2].uc_stack.ss_sp, STACK);
	call_nested();
}

static void lost(void)
{
	long before;

	lose_one(0);
	before = memory();
	for (int i = 1; i <= LOST; i++)
		lose_one(i);
	CHECK_TRUE(memory() - before < GROWTH);
}

static void *begin_and_go(void *nothing)
{
	begin(0);
	return nothing;
}

static void leave_one(void)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, begin_and_go, NULL));
	CHECK(pthread_join(thread, NULL));
	enter(0);
	munmap(inside[0].uc_stack.ss_sp, STACK);
}

static void left(void)
{
	long before;

	call_nested();
	leave_one();
	before = memory();
	for (int i = 0; i < LEFT; i++)
		leave_one();
	CHECK_TRUE(memory() - before < GROWTH);
}

static void make_on(int i, char *stack, void (*body)(int i))
{
	getcontext(&inside[i]);
	inside[i].uc_stack.ss_sp = stack;
	inside[i].uc_stack.ss_size = STACK;
	inside[i].uc_link = &outside;
	makecontext(&inside[i], (void (*)(void))body, 1, i);
}

static void call_for_ever(int i)
{
	for (;;) {
		call_nested();
		yield((void *)(intptr_t)i);
	}
}

/* Its stack is above what main has used since: main's own call seems to be long gone. */
static void enter_one(void *nothing)
{
	(void)nothing;
	enter(0);
}

static void in_array(void)
{
	char stack[STACK];

	make_on(0, stack, call_for_ever);
	for (int i = 0; i < 1000; i++) {
		calls++;
		CHECK(cufftSimCallback(enter_one, NULL));
		call_nested();
	}
}

/* All of them are on one stack, so what is there changes hands on another one. */
enum { COPIED = 120 };
static char *shared, away[COPIED][STACK];
static ucontext_t mover;
static char movers_stack[STACK];
static int moved;

static void move_away(void)
{
	memcpy(away[moved], shared, STACK);
	setcontext(&outside);
}

static void move_back(void)
{
	memcpy(shared, away[moved], STACK);
	setcontext(&inside[moved]);
}

static void move(ucontext_t *from, int i, void (*how)(void))
{
	moved = i;
	getcontext(&mover);
	mover.uc_stack.ss_sp = movers_stack;
	mover.uc_stack.ss_size = STACK;
	makecontext(&mover, how, 0);
	swapcontext(from, &mover);
}

static void leave_stack(void *data)
{
	int i = (int)(intptr_t)data;

	move(&inside[i], i, move_away);
}

/* Which number is whose, a register knows that the call must leave as it was. */
static __attribute__((noinline)) unsigned call_and_leave(int i, unsigned result)
{
	calls++;
	CHECK(cufftSimCallback(leave_stack, (void *)(intptr_t)i));
	return result;
}

static void run_copied(int i)
{
	unsigned own = (unsigned)i + 1;

	CHECK_EQUAL(
		i % 2 ? call_and_leave(i, 3 * own) : call_and_leave(i, own), i % 2 ? 3 * own : own);
	setcontext(&outside);
}

static void copied(void)
{
	char stack[STACK];

	shared = stack;
	for (int i = 0; i < COPIED; i++) {
		make_on(i, stack, run_copied);
		swapcontext(&outside, &inside[i]);
		call_nested();
	}
	for (int i = 0; i < COPIED; i++) {
		move(&outside, i * 7 % COPIED, move_back);
		call_nested();
	}
	shared = NULL;
}

static jmp_buf start;

static void descend_and_jump(void *data)
{
	int *left = data;

	calls++;
	if (!(*left)--)
		longjmp(start, 1);
	CHECK(cufftSimCallback(descend_and_jump, left));
}

static void jumped(void)
{
	static int left, i;
	static long before;

	for (i = 0; i < 2000; i++) {
		if (i == 100)
			before = memory();
		left = i * 7 % DEPTH;
		if (!setjmp(start))
			descend_and_jump(&left);
		calls--; /* the last one jumped before it called */
		call_nested();
	}
	CHECK_TRUE(memory() - before < GROWTH);
}

static void tick(int signal)
{
	(void)signal;
}

/* Those that wait keep an area each; the areas are looked at while new ones begin. */
static void signals(void)
{
	enum { HALF = COROUTINES / 2, KEPT = 31 };
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };

	CHECK(sigaction(SIGALRM, &action, NULL));
	for (int i = 0; i < HALF; i++)
		begin(i);
	for (int i = 0; i < HALF; i++)
		if (i % KEPT)
			enter(i);
	CHECK(setitimer(ITIMER_REAL, &often, NULL));
	for (int i = HALF; i < COROUTINES; i++)
		begin(i);
	CHECK(setitimer(ITIMER_REAL, &never, NULL));
	for (int i = 0; i < COROUTINES; i++)
		if (i >= HALF || i % KEPT == 0)
			enter(i);
}

enum { PREEMPTED = 8, EACH = 100000, PREEMPTED_STACK = 262144 };

static volatile unsigned current, finished;

static void preempt(int signal)
{
	unsigned from = current;

	(void)signal;
	current = (from + 1) % PREEMPTED;
	swapcontext(&inside[from], &inside[current]);
}

static void nothing(void *data)
{
	(void)data;
}

static void run_preempted(int i)
{
	sigset_t alarm;

	(void)i;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	for (int n = 0; n < EACH; n++) {
		CHECK(cufftSimCallback(nothing, NULL));
		CHECK(cufftSimStatus(0));
	}
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	finished++;
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	while (finished < PREEMPTED)
		continue;
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	setcontext(&outside);
}

static void preempted(void)
{
	struct sigaction action = { .sa_handler = preempt, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
	sigset_t alarm;

	/* Else a signal may come in the middle of the switch to one that begins, and lose it. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	for (int i = 0; i < PREEMPTED; i++) {
		getcontext(&inside[i]);
		inside[i].uc_stack.ss_sp = malloc(PREEMPTED_STACK);
		inside[i].uc_stack.ss_size = PREEMPTED_STACK;
		makecontext(&inside[i], (void (*)(void))run_preempted, 1, i);
	}
	/* The thread's first call takes locks, which no handler may leave taken. */
	CHECK(cufftSimCallback(nothing, NULL));
	CHECK(cufftSimStatus(0));
	CHECK(sigaction(SIGALRM, &action, NULL));
	CHECK(setitimer(ITIMER_REAL, &often, NULL));
	swapcontext(&outside, &inside[0]);
	CHECK(setitimer(ITIMER_REAL, &never, NULL));
	calls = PREEMPTED * EACH * 2 + 2;
}

/* In CPU/on_stack.S: calls cuCtxSynchronize() at the top of that stack. */
void on_stack(void *top);

static void top(void)
{
	char *map =
		mmap(NULL, 3 * 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *context;

	mprotect(map + 2 * 65536, 65536, PROT_NONE);
	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	calls++;
	on_stack(map + 2 * 65536);
}

static void *first_call(void *nothing)
{
	calls++;
	cuInit(0);
	return nothing;
}

static void *ask_for_libraries(void *nothing)
{
	dlopen("libfirst_missing.so", RTLD_LAZY);
	dlopen("libcudnn.so.7", RTLD_LAZY);
	dlopen("libthird.so", RTLD_LAZY);
	return nothing;
}

static void on_small_stack(size_t size, void *(*body)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	CHECK(pthread_attr_setstacksize(&attributes, size));
	CHECK(pthread_create(&thread, &attributes, body, NULL));
	CHECK(pthread_join(thread, NULL));
}

static void first(void)
{
	on_small_stack(PTHREAD_STACK_MIN, first_call);
}

static void ask(void)
{
	on_small_stack(
		PTHREAD_STACK_MIN < 24 * 1024 ? 24 * 1024 : PTHREAD_STACK_MIN, ask_for_libraries);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "order", order },
	{ "many", many },
	{ "thread", on_another_thread },
	{ "deep", deep },
	{ "lost", lost },
	{ "left", left },
	{ "inside", in_array },
	{ "copied", copied },
	{ "jumped", jumped },
	{ "signals", signals },
	{ "preempted", preempted },
	{ "top", top },
	{ "first", first },
	{ "dlopen", ask },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc != 2 || strcmp(argv[1], cases[i].name) != 0)
			continue;
		cases[i].run();
		printf("%u calls\n", calls);
		return 0;
	}
	fprintf(stderr, "usage: stacks CASE\n");
	return 2;
}
