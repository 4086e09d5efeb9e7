/* SPDX-License-Identifier: MIT */
/* The doors: each of the driver's functions by every way that a program has. */
#include <dlfcn.h>
#include <string.h>

#include "tally.h"

static const struct driver by_table = {
#define TABLE(name, params) .name = name,
	DRIVER_FUNCTIONS(TABLE)
};
static struct driver by_dlsym, by_lookup;

static const char *const names[DRIVER_COUNT] = {
#define NAME(name, params) #name,
	DRIVER_FUNCTIONS(NAME)
};

/* Which CUDA version brought which entry point, as the simulated driver has it. */
static const struct entry {
	const char *name;
	int since;
} entries[] = {
#define EXPORT(name, since, needs) { #name, since },
#include "../sim/exports_core.h"
#include "../sim/exports_memory.h"
#include "../sim/exports_stream.h"
#undef EXPORT
};

const char *driver_name(enum driver_id id)
{
	return names[id];
}

const struct driver *door_functions(enum door door)
{
	if (door == DOOR_DLSYM)
		return &by_dlsym;
	return door == DOOR_LOOKUP ? &by_lookup : &by_table;
}

static int since(const char *name)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (strcmp(entries[i].name, name) == 0)
			return entries[i].since;
	return 0;
}

static bool cut(char *name, const char *ending)
{
	size_t length = strlen(name), n = strlen(ending);

	if (length <= n || strcmp(name + length - n, ending) != 0)
		return false;
	name[length - n] = '\0';
	return true;
}

/* As programs ask: the name without its endings, the version, and whose default stream. */
static bool look_up(const char *symbol, void **function)
{
	static bool older;
	bool per_thread;
	char name[80];
	int result = 0;

	strncpy(name, symbol, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	per_thread = cut(name, "_ptsz");
	per_thread = cut(name, "_ptds") || per_thread;
	(void)(cut(name, "_v2") || cut(name, "_v3") || cut(name, "_v4"));
	older = !older;
	if (older)
		return !tally_driver(
			       ID_cuGetProcAddress, by_dlsym.cuGetProcAddress(name, function,
							    since(symbol), per_thread ? 2 : 0)) &&
		       *function;
	return !tally_driver(ID_cuGetProcAddress_v2,
		       by_dlsym.cuGetProcAddress_v2(
			       name, function, since(symbol), per_thread ? 2 : 0, &result)) &&
	       *function;
}

bool doors_open(void)
{
	void *libcuda = dlopen("libcuda.so.1", RTLD_LAZY);
	void **to = (void **)&by_dlsym;

	_Static_assert(sizeof(struct driver) == DRIVER_COUNT * sizeof(void *), "only pointers");
	for (unsigned i = 0; libcuda && i < DRIVER_COUNT; i++)
		to[i] = dlsym(libcuda, names[i]);
	for (unsigned i = 0; i < DRIVER_COUNT; i++)
		if (!to[i])
			return false;
	to = (void **)&by_lookup;
	for (unsigned i = 0; i < DRIVER_COUNT; i++)
		if (!look_up(names[i], &to[i]))
			return false;
	return true;
}
