/* SPDX-License-Identifier: MIT */
/*
 * client-fork MODE [CHILDREN]: linked to libcuda.so.1; processes that a process makes, before and
 * after it used the driver. After cuInit a forked child gets error 3 from the driver, which counts
 * as an error of the child and not of the parent.
 *   before   the children work, each by itself; the parent does nothing
 *   after    the parent works, then the children make one failing call each and leave by exit
 *   _exit    the same, and they leave by _exit
 *   _Fork    the same by _Fork, for which no handler of pthread_atfork runs
 *   clone    the same by a raw clone, of which libc knows nothing
 *   vfork    the parent works; each child execs this program, which works ("work")
 *   spawn    the same by posix_spawn
 *   threads  the children are made while other threads of the parent call the driver
 *   exec     works, and then becomes "work": the same process, which works again
 *   work     works: 1 launch
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../sim/standins/include/sim_driver.h"
#include "check.h"
#include "kernels.h"

enum { NOT_INITIALIZED = 3, THREADS = 3 };

extern char **environ;

static const char *program;
static int children = 1;
static bool stop;

static void work(void)
{
	void *context = NULL, *module = NULL, *function = NULL;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
	CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK(cuCtxSynchronize());
}

static void wait_for_children(void)
{
	int i, status = -1;

	for (i = 0; i < children; i++) {
		CHECK_TRUE(wait(&status) > 0);
		CHECK(status);
	}
}

static void child_fails(void)
{
	CHECK_EQUAL(cuCtxSynchronize(), NOT_INITIALIZED);
}

static pid_t newer_fork(void)
{
	/* Since glibc 2.34; by dlsym, for the sake of older ones. */
	pid_t (*call)(void) = (pid_t(*)(void))(uintptr_t)dlsym(RTLD_DEFAULT, "_Fork");

	return call ? call() : fork();
}

static pid_t raw_clone(void)
{
	/* Only the first argument matters, wherever the architecture has the others. */
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void make_children(pid_t (*make)(void), void (*body)(void), void (*leave)(int))
{
	int i;

	for (i = 0; i < children; i++) {
		pid_t child = make();

		CHECK_TRUE(child >= 0);
		if (child == 0) {
			body();
			leave(0);
		}
	}
	wait_for_children();
}

static void vfork_children(void)
{
	int i;

	work();
	for (i = 0; i < children; i++) {
		pid_t child = vfork();

		CHECK_TRUE(child >= 0);
		if (child == 0) {
			execl(program, program, "work", NULL);
			_exit(127);
		}
	}
	wait_for_children();
}

static void spawn_children(void)
{
	char *const arguments[] = { strdup(program), strdup("work"), NULL };
	pid_t child;
	int i;

	work();
	for (i = 0; i < children; i++)
		CHECK(posix_spawn(&child, program, NULL, NULL, arguments, environ));
	wait_for_children();
}

static void *keep_calling(void *calls)
{
	int version = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		CHECK(cuDriverGetVersion(&version));
		++*(long *)calls;
	}
	return NULL;
}

static void fork_beside_threads(void)
{
	pthread_t threads[THREADS];
	long calls[THREADS] = { 0 };
	int i;

	work();
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, keep_calling, &calls[i]));
	make_children(fork, child_fails, _exit);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL));
}

static void fork_before(void)
{
	make_children(fork, work, exit);
}

static void fork_after(void)
{
	work();
	make_children(fork, child_fails, exit);
}

static void fork_and_leave(void)
{
	work();
	make_children(fork, child_fails, _exit);
}

static void newer_fork_after(void)
{
	work();
	make_children(newer_fork, child_fails, _exit);
}

static void clone_after(void)
{
	work();
	make_children(raw_clone, child_fails, _exit);
}

static void exec_after(void)
{
	work();
	execl(program, program, "work", NULL);
	exit(127);
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "before", fork_before },
	{ "after", fork_after },
	{ "_exit", fork_and_leave },
	{ "_Fork", newer_fork_after },
	{ "clone", clone_after },
	{ "vfork", vfork_children },
	{ "spawn", spawn_children },
	{ "threads", fork_beside_threads },
	{ "exec", exec_after },
	{ "work", work },
};

int main(int argc, char **argv)
{
	size_t i;

	program = argv[0];
	if (argc > 2)
		children = atoi(argv[2]);
	for (i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, argv[1]) == 0) {
			modes[i].run();
			return 0;
		}
	}
	fputs("client-fork: which mode?\n", stderr);
	return 2;
}
