/* SPDX-License-Identifier: MIT */
/*
 * corners CASE: works, and then gets into the corner of that name. All end with status 7.
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

enum { STATUS = 7, SMALL_STACK = 16384, RACERS = 8, NOBODY = 65534 };

/* SIGSTKSZ while it was a number; what the kernel puts there differs as much. */
#ifdef __aarch64__
enum { ALTERNATE_STACK = 16384 };
#else
enum { ALTERNATE_STACK = 8192 };
#endif

static void *function;

static void launch(void)
{
	CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK(cuCtxSynchronize());
}

static void begin(void)
{
	void *context = NULL, *module = NULL;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
	launch();
}

static void leave_from_handler(int number)
{
	(void)number;
	_exit(STATUS);
}

static void exit_from_handler(int number)
{
	(void)number;
	exit(STATUS);
}

static void vfork_and_leave(int number)
{
	pid_t child = vfork();

	(void)number;
	if (!child)
		_exit(0);
	CHECK_EQUAL(waitpid(child, NULL, 0), child);
	_exit(STATUS);
}

/* As R and others have it for a stack that is full; what is below it cannot be touched. */
static void on_alternate_stack(void (*handler)(int number), size_t size)
{
	char *map = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = { .ss_sp = map + size, .ss_size = size };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	CHECK_TRUE(map != MAP_FAILED);
	CHECK(mprotect(stack.ss_sp, stack.ss_size, PROT_READ | PROT_WRITE));
	CHECK(sigaltstack(&stack, NULL));
	CHECK(sigaction(SIGSEGV, &action, NULL));
	raise(SIGSEGV);
}

static void handler(void)
{
	on_alternate_stack(leave_from_handler, ALTERNATE_STACK);
}

static void handler_exits(void)
{
	on_alternate_stack(exit_from_handler, ALTERNATE_STACK);
}

static void handler_vforks(void)
{
	on_alternate_stack(vfork_and_leave, ALTERNATE_STACK);
}

static void fill(int number)
{
	char bytes[4096];

	memset(bytes, number, sizeof(bytes));
	__asm__ volatile("" : : "r"(bytes) : "memory");
}

/* Another one comes again and again, on that stack, too. */
static void handler_is_interrupted(void)
{
	const struct itimerval often = { { 0, 100 }, { 0, 100 } };
	struct sigaction action = { .sa_handler = fill, .sa_flags = SA_ONSTACK | SA_RESTART };

	CHECK(sigaction(SIGALRM, &action, NULL));
	CHECK(setitimer(ITIMER_REAL, &often, NULL));
	on_alternate_stack(exit_from_handler, 3 * ALTERNATE_STACK);
}

static pthread_barrier_t together;

static void *leave(void *nothing)
{
	(void)nothing;
	pthread_barrier_wait(&together);
	_exit(STATUS);
}

static void start(void *(*body)(void *))
{
	/* As small as libc has it here. */
	size_t size = SMALL_STACK > PTHREAD_STACK_MIN ? SMALL_STACK : PTHREAD_STACK_MIN;
	pthread_attr_t small;
	pthread_t thread;

	CHECK(pthread_attr_init(&small));
	CHECK(pthread_attr_setstacksize(&small, size));
	CHECK(pthread_create(&thread, &small, body, NULL));
}

static void small_thread(void)
{
	CHECK(pthread_barrier_init(&together, NULL, 1));
	start(leave);
	for (;;)
		pause();
}

static void race(void)
{
	int i;

	CHECK(pthread_barrier_init(&together, NULL, RACERS + 1));
	for (i = 0; i < RACERS; i++)
		start(leave);
	pthread_barrier_wait(&together);
	exit(STATUS);
}

static void *keep_launching(void *nothing)
{
	void *context = NULL;

	(void)nothing;
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	for (;;)
		launch();
	return NULL;
}

static void busy(void)
{
	start(keep_launching);
	start(keep_launching);
	usleep(10000);
	_exit(STATUS);
}

static void vforked(void)
{
	pid_t child = vfork();
	int status = 0;

	if (child == 0)
		_exit(3);
	CHECK_TRUE(waitpid(child, &status, 0) == child);
	CHECK_EQUAL(WEXITSTATUS(status), 3);
	launch();
	_exit(STATUS);
}

/* What the child said in its end is not the parent's. */
static void vforked_and_killed(void)
{
	pid_t child = vfork();

	if (child == 0)
		_exit(3);
	raise(SIGKILL);
}

/* What daemons do before anything else, and some programs before an exec. */
static void close_all(void)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		close(fd);
	launch();
	if (fork() == 0)
		_exit(0);
	wait(NULL);
	exit(STATUS);
}

static void other_user(void)
{
	if (geteuid() != 0 || setgid(NOBODY) || setuid(NOBODY))
		exit(77);
	launch();
	exit(STATUS);
}

static void clean_environment(void)
{
	clearenv();
	launch();
	exit(STATUS);
}

/* The program's own allocator, in the middle of something: nobody may call it. */
static bool allocator_is_busy;

void *malloc(size_t size)
{
	static char memory[1 << 22] __attribute__((aligned(16)));
	static size_t used;
	char *taken;

	if (allocator_is_busy) {
		static const char words[] = "malloc was called\n";

		syscall(SYS_write, STDERR_FILENO, words, sizeof(words) - 1);
		abort();
	}
	taken = memory + __atomic_fetch_add(&used, (size + 31) & ~(size_t)15, __ATOMIC_RELAXED);
	return taken + 16;
}

void free(void *pointer)
{
	(void)pointer;
}

void *calloc(size_t count, size_t size)
{
	return malloc(count * size); /* never used twice, so it is zero */
}

void *realloc(void *old, size_t size)
{
	char *made = malloc(size);

	/* Behind `old` there is always memory, or the end of what was given. */
	return old ? memcpy(made, old, size) : made;
}

static void allocator(void)
{
	allocator_is_busy = true;
	_exit(STATUS);
}

static const struct {
	const char *name;
	void (*run)(void);
} corners[] = {
	{ "handler", handler },
	{ "handler-exits", handler_exits },
	{ "handler-vforks", handler_vforks },
	{ "handler-is-interrupted", handler_is_interrupted },
	{ "small-thread", small_thread },
	{ "race", race },
	{ "busy", busy },
	{ "vfork", vforked },
	{ "vfork-kill", vforked_and_killed },
	{ "close-all", close_all },
	{ "other-user", other_user },
	{ "environment", clean_environment },
	{ "allocator", allocator },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(corners) / sizeof(corners[0]); i++) {
		if (strcmp(corners[i].name, argv[1]) == 0) {
			begin();
			corners[i].run();
		}
	}
	return 2;
}
