/* SPDX-License-Identifier: MIT */
/*
 * client-dlsym [plain|old|dlvsym|default [ROUNDS]]: dlopen("libcuda.so.1"), every function by
 * dlsym. plain    dlsym as this glibc has it by default old      dlsym of the version that programs
 * of old systems ask for dlvsym   dlvsym, here and in libcudart.so.13, which has versions default
 * RTLD_DEFAULT, after dlopen with RTLD_GLOBAL
 */
#include <dlfcn.h>
#include <string.h>

#include "check.h"
#include "first_version.h"
#include "workload.h"

extern void *old_dlsym(void *handle, const char *name);
__asm__(".symver old_dlsym, dlsym@" FIRST_VERSION);

typedef void *(*look_up_function)(void *handle, const char *name);

static void *plain_look_up(void *handle, const char *name)
{
	return dlsym(handle, name);
}

static void *old_look_up(void *handle, const char *name)
{
	return old_dlsym(handle, name);
}

static void *default_look_up(void *handle, const char *name)
{
	(void)handle;
	return dlsym(RTLD_DEFAULT, name);
}

static const struct way {
	const char *name;
	look_up_function look_up;
	int flags;
} ways[] = {
	{ "plain", plain_look_up, RTLD_NOW | RTLD_LOCAL },
	{ "old", old_look_up, RTLD_LAZY | RTLD_LOCAL },
	{ "dlvsym", plain_look_up, RTLD_NOW | RTLD_LOCAL },
	{ "default", default_look_up, RTLD_NOW | RTLD_GLOBAL },
};

static void *versioned(void *runtime, const char *name)
{
	void *function = dlvsym(runtime, name, "libcudart.so.13");

	CHECK_TRUE(function);
	return function;
}

/* The right version finds a function, a wrong one nothing. */
static void use_versioned_runtime(void)
{
	void *runtime = dlopen("libcudart.so.13", RTLD_NOW), *memory = NULL;
	int (*allocate)(void **, size_t);
	int (*release)(void *);

	CHECK_TRUE(runtime);
	CHECK_TRUE(!dlvsym(runtime, "cudaMalloc", "libcudart.so.7"));
	allocate = (int (*)(void **, size_t))(uintptr_t)versioned(runtime, "cudaMalloc");
	release = (int (*)(void *))(uintptr_t)versioned(runtime, "cudaFree");
	CHECK(allocate(&memory, 64));
	CHECK(release(memory));
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "plain";
	const struct way *way = ways, *end = ways + sizeof(ways) / sizeof(ways[0]);
	struct sim_driver driver;
	void *handle;

	while (way < end && strcmp(way->name, name) != 0)
		way++;
	if (way == end) {
		fprintf(stderr, "client-dlsym: no way is called %s\n", name);
		return 2;
	}
	handle = dlopen("libcuda.so.1", way->flags);
	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	CHECK_TRUE(!way->look_up(handle, "cuNoSuchFunction"));
#define FILL(symbol, base, version, flag, params)                                \
	driver.symbol = (int(*) params)(uintptr_t)way->look_up(handle, #symbol); \
	CHECK_TRUE(driver.symbol);
	SIM_DRIVER_FUNCTIONS(FILL)
	if (strcmp(name, "dlvsym") == 0)
		use_versioned_runtime();
	workload_run(&driver, argc > 2 ? atoi(argv[2]) : 1);
	return 0;
}
