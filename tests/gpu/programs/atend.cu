/* atend: calls from atexit and from an ELF destructor, when the libraries may have ended. */
#include "program.h"

extern "C" __global__ void late(void)
{
}

static int *memory;
static int worked;

static void say(const char *when)
{
	cudaError_t launch, wait;

	late<<<1, 1>>>();
	launch = cudaGetLastError();
	wait = cudaDeviceSynchronize();
	printf("%s: launch %d, synchronise %d, free %d\n", when, (int)launch, (int)wait,
		(int)cudaFree(memory));
	memory = NULL;
	fflush(stdout);
}

static void at_exit(void)
{
	say("atexit");
}

__attribute__((destructor)) static void at_end(void)
{
	if (worked)
		say("destructor");
}

int main(void)
{
	need_device();
	atexit(at_exit);
	CHECK(cudaMalloc(&memory, 4096));
	late<<<1, 1>>>();
	CHECK(cudaGetLastError());
	CHECK(cudaDeviceSynchronize());
	worked = 1;
	expect_word("verdict", "gpu-work");
	return 0;
}
