/* SPDX-License-Identifier: MIT */
/*
 * client-outcome KIND [END]: linked to libcuda.so.1; what a run can come to, and how it can end.
 *   KIND  init         cuInit and no more
 *         idle         memory is allocated, no kernel is launched
 *         work         one kernel, one synchronisation
 *         unconfirmed  one kernel, and nobody waits for it
 *         captured     a kernel is recorded into a graph that is never launched
 *         fault        one kernel, which faults; the synchronisation says so
 *         leak         as work, and 4096 bytes are not freed
 *   END   return (0), exit (status 8), _exit (7), quick_exit (6), raw (exit_group 9), abort, segv,
 *         term, kill (signals to itself)
 */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../sim/standins/include/sim_driver.h"
#include "check.h"
#include "kernels.h"

enum { BYTES = 4096, ILLEGAL_ADDRESS = 700 };

static void open_context(void)
{
	void *context = NULL;

	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
}

static void launch(const char *image, const char *name, void *stream)
{
	void *module = NULL, *function = NULL;

	CHECK(cuModuleLoadData(&module, image));
	CHECK(cuModuleGetFunction(&function, module, name));
	CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream, NULL, NULL));
}

static void init(void)
{
}

static void idle(void)
{
	uint64_t memory = 0;

	open_context();
	CHECK(cuMemAlloc_v2(&memory, BYTES));
	CHECK(cuMemFree_v2(memory));
}

static void unconfirmed(void)
{
	open_context();
	launch(KERNELS_NOOP, "sim_noop", NULL);
}

static void work(void)
{
	unconfirmed();
	CHECK(cuCtxSynchronize());
}

static void captured(void)
{
	void *stream = NULL, *graph = NULL;

	open_context();
	CHECK(cuStreamCreate(&stream, 0));
	CHECK(cuStreamBeginCapture_v2(stream, 2));
	launch(KERNELS_NOOP, "sim_noop", stream);
	CHECK(cuStreamEndCapture(stream, &graph));
	CHECK(cuStreamSynchronize(stream));
	CHECK(cuGraphDestroy(graph));
}

static void fault(void)
{
	open_context();
	launch(KERNELS_FAULT, "sim_fault", NULL);
	CHECK_EQUAL(cuCtxSynchronize(), ILLEGAL_ADDRESS);
}

static void leak(void)
{
	uint64_t memory = 0;

	work();
	CHECK(cuMemAlloc_v2(&memory, BYTES));
}

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "init", init },
	{ "idle", idle },
	{ "work", work },
	{ "unconfirmed", unconfirmed },
	{ "captured", captured },
	{ "fault", fault },
	{ "leak", leak },
};

static int run_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			CHECK(cuInit(0));
			kinds[i].run();
			return 0;
		}
	}
	return -1;
}

static int end_as(const char *name)
{
	if (strcmp(name, "return") == 0)
		return 0;
	if (strcmp(name, "exit") == 0)
		exit(8);
	if (strcmp(name, "_exit") == 0)
		_exit(7);
	if (strcmp(name, "quick_exit") == 0)
		quick_exit(6);
	if (strcmp(name, "raw") == 0)
		syscall(SYS_exit_group, 9);
	if (strcmp(name, "abort") == 0)
		abort();
	if (strcmp(name, "segv") == 0)
		raise(SIGSEGV);
	if (strcmp(name, "term") == 0)
		raise(SIGTERM);
	if (strcmp(name, "kill") == 0)
		raise(SIGKILL);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2 || run_kind(argv[1])) {
		fputs("client-outcome: which kind?\n", stderr);
		return 2;
	}
	printf("%s\n", argv[1]);
	fflush(stdout);
	return end_as(argc > 2 ? argv[2] : "return");
}
