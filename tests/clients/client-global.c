/* SPDX-License-Identifier: MIT */
/*
 * client-global PLUGIN [HOW] [LIBRARY]: opens the driver for itself alone (RTLD_LOCAL, as Python's
 * ctypes does), then the plugin, which calls it and is linked to nothing; then makes the driver
 * global, by itself or as what the library needs, and lets the plugin work. HOW: noload, dlmopen:
 * by which call; first: it is not opened before; ask: with a look-up before the work; leave, close:
 * by _exit(2) or with dlclose of the plugin after it; fork, fork-leave: the same as first, and a
 * forked child works and ends, the second by _exit(2).
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#ifdef OWN_INIT /* as wrappers of the driver have it */
int cuInit(unsigned flags);

int cuInit(unsigned flags)
{
	return (int)flags;
}
#endif

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

static int work_in_child(int (*work)(int kernels), bool leave)
{
	int status = 0;

	if (!fork()) {
		CHECK_EQUAL(work(-3), 0);
		if (leave)
			_exit(0);
		return 0;
	}
	CHECK_TRUE(wait(&status) > 0);
	return status;
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "", *name = argc > 3 ? argv[3] : "libcuda.so.1";
	bool forks = !strncmp(how, "fork", 4), first = !strcmp(how, "first") || forks;
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
	if (forks)
		return work_in_child(work, !strcmp(how, "fork-leave"));
	if (first)
		CHECK_EQUAL(begin(dlopen("libcuda.so.1", RTLD_LAZY)), 0);
	if (!strcmp(how, "ask"))
		find(plugin, "plugin_work");
	CHECK_EQUAL(work(3), 0);
	if (!strcmp(how, "leave"))
		_exit(0);
	if (!strcmp(how, "close"))
		CHECK_EQUAL(dlclose(plugin), 0);
	return 0;
}
