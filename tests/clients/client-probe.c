/* SPDX-License-Identifier: MIT */
/*
 * client-probe driver|runtime|cudnn [LIBRARY]: asks for the GPU as a careful program does, says
 * what it was told, and ends with status 0 whatever that was. Linked to nothing, without RUNPATH:
 * what it finds is what LD_LIBRARY_PATH or the given path leads to.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void *function_of(void *handle, const char *name)
{
	void *function = dlsym(handle, name);

	if (!function)
		printf("%s is missing\n", name);
	return function;
}

static void probe_driver(void *handle)
{
	int (*init)(unsigned) = (int (*)(unsigned))(uintptr_t)function_of(handle, "cuInit");
	int (*get_count)(int *) =
		(int (*)(int *))(uintptr_t)function_of(handle, "cuDeviceGetCount");
	int count = -1, init_status = init ? init(0) : -1;
	int status = get_count ? get_count(&count) : -1;

	printf("cuInit %d, cuDeviceGetCount %d, devices %d\n", init_status, status, count);
}

static void probe_runtime(void *handle)
{
	int (*get_count)(int *) =
		(int (*)(int *))(uintptr_t)function_of(handle, "cudaGetDeviceCount");
	int count = -1, status = get_count ? get_count(&count) : -1;

	printf("cudaGetDeviceCount %d, devices %d\n", status, count);
}

static void probe_cudnn(void *handle)
{
	int (*create)(void **) = (int (*)(void **))(uintptr_t)function_of(handle, "cudnnCreate");
	void *result = NULL;

	printf("cudnnCreate %d\n", create ? create(&result) : -1);
}

static const struct probe {
	const char *name, *library;
	void (*ask)(void *handle);
} probes[] = {
	{ "driver", "libcuda.so.1", probe_driver },
	{ "runtime", "libcudart.so.13", probe_runtime },
	{ "cudnn", "libcudnn.so.9", probe_cudnn },
};

int main(int argc, char **argv)
{
	const struct probe *probe = probes, *end = probes + sizeof(probes) / sizeof(probes[0]);
	void *handle;

	while (argc > 1 && probe < end && strcmp(probe->name, argv[1]) != 0)
		probe++;
	if (argc < 2 || probe == end) {
		fputs("client-probe: driver, runtime or cudnn?\n", stderr);
		return 2;
	}
	handle = dlopen(argc > 2 ? argv[2] : probe->library, RTLD_NOW);
	if (handle)
		probe->ask(handle);
	else
		printf("%s cannot be opened\n", probe->library);
	return 0;
}
