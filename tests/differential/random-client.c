/* SPDX-License-Identifier: MIT */
/*
 * random-client SEED [KEY=VALUE...]: a random program, the same for the same seed. At its end it
 * prints as JSON what it did.
 *
 * Keys: threads, steps (of each thread), children (made before the driver is initialised), layers
 * (1: use the libraries above the driver), faults (1: kernels that fail), leaves (1: end with
 * memory still allocated), quiet (with one thread, 1: nothing waits but by events and copies back,
 * 2: by events alone), focus (the number of a step that comes much more often), silent (1: a
 * library without an _init comes before the others), late (gpuspy is loaded before that step; with
 * more than one thread only 0, before all), end (0: return, 1: _exit). What is not given is chosen
 * by the seed. What a process tells the programs that it starts: tally (a file descriptor), depth.
 */
#include <dlfcn.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

struct world world;
__thread struct thread *self;

static const struct {
	unsigned weight;
	void (*step)(void);
} steps[] = {
	{ 5, step_context },
	{ 22, step_block },
	{ 8, step_piece },
	{ 18, step_copy },
	{ 8, step_set },
	{ 8, step_image },
	{ 30, step_launch },
	{ 10, step_synchronise },
	{ 6, step_stream },
	{ 6, step_event },
	{ 4, step_host_function },
	{ 20, step_graph },
	{ 5, step_capture },
	{ 2, step_thread },
};

enum door thread_door(void)
{
	return (enum door)below(DOORS);
}

static unsigned weight_of(unsigned i)
{
	if (world.quiet && steps[i].step == step_synchronise)
		return 0;
	if (world.quiet == 2 && steps[i].step == step_copy)
		return 0;
	return i == world.focus ? steps[i].weight + 100 : steps[i].weight;
}

static void any_step(void)
{
	unsigned all = 0, chosen;

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		all += weight_of(i);
	chosen = below(all);
	for (unsigned i = 0;; i++) {
		if (chosen < weight_of(i)) {
			steps[i].step();
			return;
		}
		chosen -= weight_of(i);
	}
}

static void *run_thread(void *thread)
{
	self = thread;
	contexts_begin();
	for (unsigned i = 0; self->depth && i < world.steps; i++) {
		if (world.late > 0 && (unsigned)world.late == i)
			late_load();
		any_step();
		if (chance(200))
			step_process();
		if (world.layers && chance(60))
			step_plugin();
	}
	if (self->depth)
		contexts_end();
	return NULL;
}

static struct thread *thread_new(unsigned number)
{
	struct thread *thread = calloc(1, sizeof(*thread));

	if (!thread)
		exit(1);
	thread->number = number;
	/* Neighbouring seeds must not give the same numbers one later. */
	thread->random.state = world.seed;
	thread->random.state = random_next(&thread->random) + number;
	thread->random.state = random_next(&thread->random);
	return thread;
}

static void run_threads(void)
{
	pthread_t threads[THREADS_MAX];

	if (world.threads == 1) {
		run_thread(self);
		return;
	}
	for (unsigned i = 0; i < world.threads; i++)
		if (pthread_create(&threads[i], NULL, run_thread, thread_new(i + 1)))
			exit(1);
	for (unsigned i = 0; i < world.threads; i++)
		pthread_join(threads[i], NULL);
}

static bool start(void)
{
	if (!doors_open() || CALL(cuInit, 0) || CALL(cuDeviceGetCount, &world.devices))
		return false;
	if (world.devices > DEVICES_MAX)
		world.devices = DEVICES_MAX;
	for (int i = 0; i < world.devices; i++) {
		struct context *context = &world.primary[i];

		context->device = i;
		context->primary = true;
		context->shared = world.threads > 1 || world.layers;
		if (CALL(cuDevicePrimaryCtxRetain, &context->handle, i))
			context->handle = NULL;
	}
	return true;
}

static void run_program(void)
{
	if (!start())
		return;
	if (!world.late)
		late_load();
	run_threads();
	if (!CALL(cuCtxSetCurrent, world.primary[0].handle)) {
		self->views[0].context = &world.primary[0];
		self->stack[0] = &self->views[0];
		self->depth = 1;
		exchange_clean();
	}
	if (!world.quiet)
		world_confirm();
}

/* They do what a program does, for the driver is not initialised yet. */
static void make_children(void)
{
	for (unsigned i = 0; i < world.children; i++) {
		pid_t child = fork();

		if (child == 0) {
			tally_process();
			world.seed += 1000003 * (i + 1);
			world.threads = 1;
			world.depth++;
			world.steps = 40;
			self = thread_new(0);
			run_program();
			if (chance(2))
				_exit(0);
			exit(0);
		}
		while (child > 0 && waitpid(child, NULL, 0) < 0)
			continue;
	}
}

static long given(int argc, char **argv, const char *key, long otherwise)
{
	size_t length = strlen(key);

	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
			return atol(argv[i] + length + 1);
	return otherwise;
}

static bool open_silent(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/random-silent.so", world.folder);
	return dlopen(path, RTLD_LAZY) != NULL;
}

int main(int argc, char **argv)
{
	char folder[4096];
	long file, threads;

	if (argc < 2) {
		fputs("random-client: which seed?\n", stderr);
		return 2;
	}
	world.seed = strtoull(argv[1], NULL, 10);
	world.program = argv[0];
	snprintf(folder, sizeof(folder), "%s", argv[0]);
	world.folder = dirname(folder);
	self = thread_new(0);
	world.depth = (unsigned)given(argc, argv, "depth", 0);
	threads = given(argc, argv, "threads", chance(2) || world.depth ? 1 : 2 + (long)below(7));
	world.threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : (unsigned)threads;
	world.steps = (unsigned)given(argc, argv, "steps", 300 + (long)below(1200));
	world.children = (unsigned)given(argc, argv, "children", world.depth ? 0 : below(3));
	world.layers = given(argc, argv, "layers", chance(2) && !world.depth);
	world.faults = given(argc, argv, "faults", chance(2));
	world.leaves = given(argc, argv, "leaves", chance(2));
	world.foreign = given(argc, argv, "foreign", 1);
	if (world.threads == 1)
		world.quiet = (unsigned)given(argc, argv, "quiet", 0);
	if (world.quiet)
		world.layers = false; /* what the libraries wait for is not followed */
	world.focus = (unsigned)given(argc, argv, "focus", -1);
	world.late = (int)given(argc, argv, "late", -1);
	file = given(argc, argv, "tally", -1);
	if ((given(argc, argv, "silent", 0) && !open_silent()) || !tally_open((int)file))
		return 1;
	make_children();
	run_program();
	if (file < 0)
		tally_print(world.seed, world.threads, !world.layers);
	if (given(argc, argv, "end", chance(4)))
		_exit(0);
	return 0;
}
