/* SPDX-License-Identifier: MIT */
/*
 * client-late ACTION...: gpuspy is loaded while it runs. Actions, in order:
 *
 *     global=FILE, local=FILE   dlopen of that library
 *     close                     dlclose of the last one
 *     elsewhere=FILE            the same by dlmopen
 *     open, look                libcuda by dlopen; its functions by dlsym (again)
 *     context, init             cuInit and a context; and code
 *     launch=N, record=N, wait  launches, into a stream of its own; waits for them
 *     begin, end                a capture of that stream
 *     other=N, join, back       launches into another stream; it joins the capture, and ends
 *     atexit=N                  at exit, launches
 *     threads=N, stop           N threads that launch all the time; each says at its end how often
 *     shell=COMMAND             system(3)
 *     fork=N                    a child that opens, initialises, launches N, waits and _exits
 *     getenv=NAME               prints a variable
 *     _exit=STATUS
 *
 * With -DLATE_LINKED it is linked to libcuda; `open` and `look` are nothing then.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

int cuStreamCreate(void **stream, unsigned flags);
int cuStreamBeginCapture_v2(void *stream, int mode);
int cuStreamEndCapture(void *stream, void **graph);
int cuStreamWaitEvent(void *stream, void *event, unsigned flags);
int cuEventCreate(void **event, unsigned flags);
int cuEventRecord(void *event, void *stream);

#define FUNCTIONS(X)                \
	X(cuInit)                   \
	X(cuDevicePrimaryCtxRetain) \
	X(cuCtxSetCurrent)          \
	X(cuModuleLoadData)         \
	X(cuModuleGetFunction)      \
	X(cuLaunchKernel)           \
	X(cuCtxSynchronize)         \
	X(cuStreamCreate)           \
	X(cuStreamBeginCapture_v2)  \
	X(cuStreamEndCapture) X(cuStreamWaitEvent) X(cuEventCreate) X(cuEventRecord)

#ifdef LATE_LINKED
#define CALL(name) name
#else
static struct {
#define MEMBER(name) __typeof__(&name) name;
	FUNCTIONS(MEMBER)
} driver;
#define CALL(name)   driver.name
#endif

enum { THREADS_MAX = 16, ENOUGH = 1000 };

static void *handle, *library, *context, *function, *stream, *other;
static unsigned at_exit;
static pthread_t threads[THREADS_MAX];
static unsigned n_threads;
static volatile bool stop, loaded;
static unsigned long launched_since; /* by threads, after the load */

static void look(void)
{
#ifndef LATE_LINKED
#define LOOK(name) driver.name = (__typeof__(&name))(uintptr_t)dlsym(library, #name);
	FUNCTIONS(LOOK)
#endif
}

static void open_driver(void)
{
	library = dlopen("libcuda.so.1", RTLD_LAZY);
	CHECK_TRUE(library);
	look();
}

static void make_context(void)
{
	CHECK(CALL(cuInit)(0));
	CHECK(CALL(cuDevicePrimaryCtxRetain)(&context, 0));
	CHECK(CALL(cuCtxSetCurrent)(context));
}

static void init(void)
{
	void *module;

	make_context();
	CHECK(CALL(cuModuleLoadData)(&module, KERNELS_NOOP));
	CHECK(CALL(cuModuleGetFunction)(&function, module, "sim_noop"));
	CHECK(CALL(cuStreamCreate)(&stream, 0));
	CHECK(CALL(cuStreamCreate)(&other, 0));
}

static void launch(unsigned n, void *in)
{
	while (n--)
		CHECK(CALL(cuLaunchKernel)(function, 1, 1, 1, 1, 1, 1, 0, in, NULL, NULL));
}

static void wait_for_work(void)
{
	CHECK(CALL(cuCtxSynchronize)());
}

static void last_work(void)
{
	launch(at_exit, NULL);
	wait_for_work();
}

/* How many launches began after the load: the figure must have them all. */
static void *launch_all_the_time(void *nothing)
{
	CHECK(CALL(cuCtxSetCurrent)(context));
	while (!stop) {
		bool since = loaded;

		launch(1, NULL);
		__atomic_fetch_add(&launched_since, since, __ATOMIC_RELAXED);
	}
	return nothing;
}

static void start_threads(unsigned n)
{
	while (n-- && n_threads < THREADS_MAX)
		CHECK(pthread_create(&threads[n_threads++], NULL, launch_all_the_time, NULL));
	usleep(20000);
}

static void stop_threads(void)
{
	while (__atomic_load_n(&launched_since, __ATOMIC_RELAXED) < ENOUGH)
		usleep(1000);
	stop = true;
	while (n_threads)
		CHECK(pthread_join(threads[--n_threads], NULL));
	printf("since %lu\n", launched_since);
}

static void load(const char *file, int mode)
{
	handle = dlopen(file, RTLD_NOW | mode);
	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	loaded = true;
}

static void child(unsigned n)
{
	pid_t pid = fork();

	CHECK_TRUE(pid >= 0);
	if (!pid) {
		open_driver();
		init();
		launch(n, NULL);
		wait_for_work();
		_exit(0);
	}
	CHECK_TRUE(waitpid(pid, NULL, 0) == pid);
}

static void join(void *from, void *to)
{
	void *event;

	CHECK(CALL(cuEventCreate)(&event, 0));
	CHECK(CALL(cuEventRecord)(event, from));
	CHECK(CALL(cuStreamWaitEvent)(to, event, 0));
}

static void capture_ends(void)
{
	void *graph;

	CHECK(CALL(cuStreamEndCapture)(stream, &graph));
}

static void leave_at_exit(unsigned n)
{
	at_exit = n;
	atexit(last_work);
}

static bool with_value(const char *action, const char *value)
{
	unsigned n = (unsigned)atoi(value);

	if (!strcmp(action, "global"))
		load(value, RTLD_GLOBAL);
	else if (!strcmp(action, "local"))
		load(value, RTLD_LOCAL);
	else if (!strcmp(action, "elsewhere"))
		CHECK_TRUE(dlmopen(LM_ID_NEWLM, value, RTLD_NOW));
	else if (!strcmp(action, "launch"))
		launch(n, NULL);
	else if (!strcmp(action, "record"))
		launch(n, stream);
	else if (!strcmp(action, "other"))
		launch(n, other);
	else if (!strcmp(action, "atexit"))
		leave_at_exit(n);
	else if (!strcmp(action, "threads"))
		start_threads(n);
	else if (!strcmp(action, "shell"))
		CHECK(system(value));
	else if (!strcmp(action, "fork"))
		child(n);
	else if (!strcmp(action, "getenv"))
		puts(getenv(value) ? getenv(value) : "(unset)");
	else if (!strcmp(action, "_exit"))
		_exit((int)n);
	else
		return false;
	return true;
}

static bool without(const char *action)
{
	if (!strcmp(action, "open"))
		open_driver();
	else if (!strcmp(action, "look"))
		look();
	else if (!strcmp(action, "context"))
		make_context();
	else if (!strcmp(action, "init"))
		init();
	else if (!strcmp(action, "wait"))
		wait_for_work();
	else if (!strcmp(action, "begin"))
		CHECK(CALL(cuStreamBeginCapture_v2)(stream, 2));
	else if (!strcmp(action, "join"))
		join(stream, other);
	else if (!strcmp(action, "back"))
		join(other, stream);
	else if (!strcmp(action, "end"))
		capture_ends();
	else if (!strcmp(action, "close"))
		CHECK(dlclose(handle));
	else if (!strcmp(action, "stop"))
		stop_threads();
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value)
			*value++ = '\0';
		if (!(value ? with_value(argv[i], value) : without(argv[i]))) {
			fprintf(stderr, "client-late: %s?\n", argv[i]);
			return 2;
		}
	}
	return 0;
}
