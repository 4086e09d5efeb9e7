/* SPDX-License-Identifier: MIT */
/*
 * What a hook adds to a call, in nanoseconds, over the same call through a pointer.
 *
 * Run under LD_PRELOAD=libgpuspy.so. Bare and hooked calls take turns within one run, each timed by
 * the processor time of its thread. A busy machine slows both down, and others' caches and sibling
 * threads more than half of the turns: so the least is shown beside the median. It is no test: it
 * fails only when a function got no hook.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CALLS = 20000, WARM = 100, TURNS = 201, THREADS_MAX = 2 };

typedef void (*function)(void);
typedef void caller(function call, long n);

static void call_version(function call, long n)
{
	size_t (*f)(void) = (size_t(*)(void))call;

	while (n--)
		f();
}

static void call_flags(function call, long n)
{
	int (*f)(unsigned *) = (int (*)(unsigned *))call;
	unsigned flags;

	while (n--)
		f(&flags);
}

static void call_launch(function call, long n)
{
	int (*f)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
		void *, void **, void **) = (int (*)(void *, unsigned, unsigned, unsigned, unsigned,
		unsigned, unsigned, unsigned, void *, void **, void **))call;
	static char kernel;

	while (n--)
		f(&kernel, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
}

/* The floor: a stub that jumps on and does nothing else. */
void *bench_jump_target;
void bench_jump(void);
#ifdef __x86_64__
__asm__(".text\n.p2align 4\n.globl bench_jump\nbench_jump:\n\tjmpq *bench_jump_target(%rip)\n");
#elif defined(__aarch64__)
__asm__(".text\n.p2align 4\n.globl bench_jump\nbench_jump:\n\tadrp x16, bench_jump_target\n"
	"\tldr x16, [x16, :lo12:bench_jump_target]\n\tbr x16\n");
#endif

struct turn {
	caller *how;
	function call;
	double ns;
	pthread_barrier_t *barrier;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *run_turn(void *data)
{
	struct turn *turn = data;
	double start;

	turn->how(turn->call, WARM); /* a thread's first call is another matter */
	pthread_barrier_wait(turn->barrier);
	start = now_ns();
	turn->how(turn->call, CALLS);
	turn->ns = (now_ns() - start) / CALLS;
	return NULL;
}

/* The slowest thread's time a call. */
static double time_calls(caller *how, function call, int threads)
{
	pthread_t ids[THREADS_MAX];
	struct turn turns[THREADS_MAX];
	pthread_barrier_t barrier;
	double worst = 0;

	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	for (int i = 0; i < threads; i++) {
		turns[i] = (struct turn){ how, call, 0, &barrier };
		if (pthread_create(&ids[i], NULL, run_turn, &turns[i]))
			abort();
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		if (turns[i].ns > worst)
			worst = turns[i].ns;
	}
	pthread_barrier_destroy(&barrier);
	return worst;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double sort(double *values)
{
	qsort(values, TURNS, sizeof(*values), compare);
	return values[TURNS / 2];
}

static void print(
	const char *what, int threads, const char *which, double bare, double jump, double hook)
{
	printf("%-12s %d  %-6s %8.2f %10.2f %10.2f %9.2f\n", what, threads, which, bare,
		jump - bare, hook - bare, hook / bare);
}

static void measure(const char *what, caller *how, function bare, function hooked)
{
	for (int threads = 1; threads <= THREADS_MAX; threads++) {
		double b[TURNS], f[TURNS], h[TURNS];
		double bare_ns, floor_ns, hooked_ns;

		bench_jump_target = (void *)bare;
		for (int i = 0; i < TURNS; i++) {
			b[i] = time_calls(how, bare, threads);
			f[i] = time_calls(how, bench_jump, threads);
			h[i] = time_calls(how, hooked, threads);
		}
		bare_ns = sort(b);
		floor_ns = sort(f);
		hooked_ns = sort(h);
		print(what, threads, "least", b[0], f[0], h[0]);
		print(what, threads, "median", bare_ns, floor_ns, hooked_ns);
	}
}

static void *open_library(const char *folder, const char *name)
{
	char path[4096];
	void *library;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	library = dlopen(path, RTLD_NOW);
	if (!library) {
		fprintf(stderr, "bench: %s\n", dlerror());
		exit(1);
	}
	return library;
}

static function hooked(void *library, const char *name, void *bare)
{
	void *address = dlsym(library, name);

	if (!address || address == bare) {
		fprintf(stderr, "bench: %s has no hook: run under LD_PRELOAD=libgpuspy.so\n", name);
		exit(1);
	}
	return (function)address;
}

int main(int argc, char **argv)
{
	void *driver, *cudnn, *const *driver_bare, *const *cudnn_bare;
	int (*init)(unsigned);

	if (argc != 2) {
		fprintf(stderr, "usage: bench FOLDER\n");
		return 2;
	}
	driver = open_library(argv[1], "libcuda.so.1");
	cudnn = open_library(argv[1], "libcudnn.so.9");
	driver_bare = dlsym(driver, "bench_bare");
	cudnn_bare = dlsym(cudnn, "bench_bare");
	init = (int (*)(unsigned))dlsym(driver, "cuInit");
	if (!driver_bare || !cudnn_bare || !init || init(0))
		return 1;
	printf("%d turns of %d calls, ns a call; threads at the same time\n", TURNS, CALLS);
	printf("%-12s %s  %-6s %8s %10s %10s %9s\n", "hook", "t", "turn", "bare", "jump adds",
		"hook adds", "ratio");
	measure("count-only", call_version, (function)cudnn_bare[0],
		hooked(cudnn, "cudnnGetVersion", cudnn_bare[0]));
	measure("ok/error", call_flags, (function)driver_bare[0],
		hooked(driver, "cuCtxGetFlags", driver_bare[0]));
	measure("launch", call_launch, (function)driver_bare[1],
		hooked(driver, "cuLaunchKernel", driver_bare[1]));
	return 0;
}
