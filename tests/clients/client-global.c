/* SPDX-License-Identifier: MIT */
/*
 * client-global PLUGIN [noload|dlmopen|ask|first] [LIBRARY]: opens the driver for itself alone
 * (RTLD_LOCAL, as Python's ctypes does), or not at all (first), then the plugin, which calls it and
 * is linked to nothing; then makes the driver global, by itself or as what the library needs, and
 * lets the plugin work, in the end or (ask) after a look-up.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"

static void *find(void *handle, const char *name)
{
	void *found = dlsym(handle, name);

	CHECK_TRUE(found);
	return found;
}

static int begin(void *driver)
{
	int (*init)(unsigned), (*retain)(void *, int), (*set)(void *);
	void *context = NULL;
	void *functions[] = { find(driver, "cuInit"), find(driver, "cuDevicePrimaryCtxRetain"),
		find(driver, "cuCtxSetCurrent") };

	memcpy(&init, &functions[0], sizeof(init));
	memcpy(&retain, &functions[1], sizeof(retain));
	memcpy(&set, &functions[2], sizeof(set));
	return init(0) | retain(&context, 0) | set(context);
}

static void *open_global(const char *how, const char *name)
{
	int flags = RTLD_LAZY | RTLD_GLOBAL;

	if (!strcmp(how, "dlmopen"))
		return dlmopen(LM_ID_BASE, name, flags);
	return dlopen(name, flags | (!strcmp(how, "noload") ? RTLD_NOLOAD : 0));
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "", *name = argc > 3 ? argv[3] : "libcuda.so.1";
	bool first = !strcmp(how, "first");
	void *driver = first ? NULL : dlopen("libcuda.so.1", RTLD_LAZY), *plugin, *found;
	int (*work)(int kernels);

	CHECK_TRUE(argc > 1 && (driver || first));
	plugin = dlopen(argv[1], RTLD_LAZY);
	CHECK_TRUE(plugin);
	found = find(plugin, "plugin_work");
	memcpy(&work, &found, sizeof(work));
	if (!first)
		CHECK_EQUAL(begin(driver), 0);
	for (int i = 0; i < (argc > 3 || first ? 1 : 3); i++)
		CHECK_TRUE(open_global(how, name));
	if (first)
		CHECK_EQUAL(begin(dlopen("libcuda.so.1", RTLD_LAZY)), 0);
	if (!strcmp(how, "ask"))
		find(plugin, "plugin_work");
	CHECK_EQUAL(work(3), 0);
	return 0;
}
