/* SPDX-License-Identifier: MIT */
/*
 * How the runtime finds the driver: dlopen, dlsym of cuGetProcAddress_v2 alone, and everything
 * else through it, in the order that was observed on the runtime of CUDA 13.0.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

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

#define LOOKUP_COUNT (sizeof(lookups) / sizeof(lookups[0]))

static void *found[LOOKUP_COUNT];
struct sim_driver rt_driver;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *libcuda;
static sim_get_proc_address get_proc_address;
static int look_up_status;

/* SIM_RUNTIME_LOOKUP: "v1" and "dlsym" are what a runtime does that finds no newer way. */
static bool way_allowed(const char *way)
{
	const char *chosen = getenv("SIM_RUNTIME_LOOKUP");

	if (!chosen || !*chosen)
		return true;
	return strcmp(chosen, way) == 0;
}

static void look_up_all(void)
{
	sim_get_proc_address_v1 old = NULL;
	size_t i;

	if (way_allowed("v2"))
		get_proc_address =
			(sim_get_proc_address)(uintptr_t)dlsym(libcuda, "cuGetProcAddress_v2");
	if (!get_proc_address && way_allowed("v1"))
		old = (sim_get_proc_address_v1)(uintptr_t)dlsym(libcuda, "cuGetProcAddress");
	for (i = 0; i < LOOKUP_COUNT; i++) {
		const struct lookup *lookup = &lookups[i];
		int result = 0;

		if (get_proc_address)
			get_proc_address(lookup->name, &found[i], lookup->version,
				(uint64_t)lookup->flags, &result);
		else if (old)
			old(lookup->name, &found[i], lookup->version, (uint64_t)lookup->flags);
		else
			found[i] = dlsym(libcuda, lookup->name);
	}
}

/* Without cuGetProcAddress the exported symbol is asked for: a plain name is an old ABI. */
static void *found_function(const char *symbol, const char *name, int version, int flags)
{
	size_t i;

	for (i = 0; i < LOOKUP_COUNT; i++)
		if (lookups[i].version == version && lookups[i].flags == flags &&
			strcmp(lookups[i].name, name) == 0 && (found[i] || get_proc_address))
			break;
	if (i < LOOKUP_COUNT && (get_proc_address || strcmp(symbol, name) == 0))
		return found[i];
	return dlsym(libcuda, symbol);
}

static void look_up_once(void)
{
	look_up_status = RT_INSUFFICIENT_DRIVER;
	libcuda = dlopen("libcuda.so.1", RTLD_NOW);
	if (!libcuda)
		return;
	look_up_all();
#define FILL(symbol, name, version, flags, params) \
	rt_driver.symbol = (int(*) params)(uintptr_t)found_function(#symbol, #name, version, flags);
	SIM_DRIVER_FUNCTIONS(FILL)
#undef FILL
	if (rt_driver.cuInit && rt_driver.cuDriverGetVersion)
		look_up_status = RT_OK;
}

int rt_look_up(void)
{
	pthread_once(&once, look_up_once);
	return look_up_status;
}

int rt_entry_point(
	const char *name, void **function, int version, unsigned long long flags, int *result)
{
	int outcome = 1; /* cudaDriverEntryPointSymbolNotFound */
	int status = rt_start();

	if (status)
		return status;
	if (!name || !function)
		return RT_INVALID_VALUE;
	*function = NULL;
	if (get_proc_address) {
		status = get_proc_address(name, function, version, flags, &outcome);
	} else {
		*function = dlsym(libcuda, name);
		outcome = *function ? 0 : 1;
	}
	if (result)
		*result = outcome;
	/* An unknown name is told by `result` where the caller gave one. */
	return status == RT_SYMBOL_NOT_FOUND && result ? RT_OK : status;
}
