/* SPDX-License-Identifier: MIT */
/*
 * client-procaddr [v2|v1 [ROUNDS]]: as NVIDIA's runtime gets at the driver. dlopen, dlsym of
 * cuGetProcAddress alone, the observed look-ups in their order, and all work through those
 * pointers. v1 is cuGetProcAddress as it was before 12.0.
 */
#include <dlfcn.h>
#include <string.h>

#include "check.h"
#include "workload.h"

struct lookup {
	const char *name;
	int version;
	int flags;
};

static const struct lookup lookups[] = {
#define LOOKUP(name, version, flags) { name, version, flags },
#include "lookups.inc"
#undef LOOKUP
};

enum { LOOKUPS = sizeof(lookups) / sizeof(lookups[0]) };

static void *found[LOOKUPS];

static void *found_function(const char *name, int version, int flags)
{
	int i;

	for (i = 0; i < LOOKUPS; i++)
		if (lookups[i].version == version && lookups[i].flags == flags &&
			strcmp(lookups[i].name, name) == 0)
			return found[i];
	fprintf(stderr, "%s %d %d is not among the look-ups\n", name, version, flags);
	exit(1);
}

static void look_up_v2(void *handle)
{
	sim_get_proc_address get =
		(sim_get_proc_address)(uintptr_t)dlsym(handle, "cuGetProcAddress_v2");
	void *pointer = handle;
	int i, result = -1;

	CHECK_TRUE(get);
	for (i = 0; i < LOOKUPS; i++)
		get(lookups[i].name, &found[i], lookups[i].version, (uint64_t)lookups[i].flags,
			&result);
	/* Nobody has to take the result, and an unknown name gives none. */
	CHECK(get("cuInit", &pointer, 2000, 0, NULL));
	CHECK_TRUE(pointer);
	CHECK_TRUE(get("cuNoSuchFunction", &pointer, 13000, 0, &result) != 0 || result != 0);
	CHECK_TRUE(!pointer);
}

static void look_up_v1(void *handle)
{
	sim_get_proc_address_v1 get =
		(sim_get_proc_address_v1)(uintptr_t)dlsym(handle, "cuGetProcAddress");
	int i;

	CHECK_TRUE(get);
	for (i = 0; i < LOOKUPS; i++)
		get(lookups[i].name, &found[i], lookups[i].version, (uint64_t)lookups[i].flags);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "v2";
	void *handle = dlopen("libcuda.so.1", RTLD_NOW);
	struct sim_driver driver;

	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	if (strcmp(way, "v1") == 0)
		look_up_v1(handle);
	else
		look_up_v2(handle);
#define FILL(symbol, name, version, flags, params)                                       \
	driver.symbol = (int(*) params)(uintptr_t)found_function(#name, version, flags); \
	CHECK_TRUE(driver.symbol);
	SIM_DRIVER_FUNCTIONS(FILL)
	workload_run(&driver, argc > 2 ? atoi(argv[2]) : 1);
	return 0;
}
