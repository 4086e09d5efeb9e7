/* SPDX-License-Identifier: MIT */
/* Libraries above the driver, by plugins that are linked to them. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

static const char *const names[] = { "random-plugin-11.so", "random-plugin-12.so",
	"random-plugin-13.so", "random-plugin-cudnn8.so", "random-plugin-cudnn9.so",
	"random-plugin-cublas.so" };
enum { PLUGINS = sizeof(names) / sizeof(names[0]), RUNTIMES = 3 };

static void copied(const struct plugin_host *host, enum plugin_copy direction, uint64_t bytes)
{
	static const enum tally_total totals[] = { [PLUGIN_IN] = TALLY_HOST_TO_DEVICE,
		[PLUGIN_OUT] = TALLY_DEVICE_TO_HOST,
		[PLUGIN_WITHIN] = TALLY_DEVICE_TO_DEVICE,
		[PLUGIN_DEFAULT] = TALLY_UNIFIED,
		[PLUGIN_MEMSET] = TALLY_MEMSET };

	(void)host;
	tally_copy(totals[direction], bytes);
}

static void kernel(const struct plugin_host *host, const char *name)
{
	for (int i = KERNEL_LAYERS; i < KERNELS && kernel_names[i]; i++) {
		if (strcmp(kernel_names[i], name) != 0)
			continue;
		tally_add(TALLY_LAUNCHES, 1);
		kernel_ran_elsewhere(&world.primary[host->device], i);
	}
}

static void memory(const struct plugin_host *host, int64_t bytes, int n)
{
	tally_memory(host->device, bytes, n);
}

static void pinned(const struct plugin_host *host, int64_t bytes, int n)
{
	(void)host;
	tally_host(bytes, n);
}

static void waited(const struct plugin_host *host)
{
	(void)host; /* what is everybody's is confirmed at the end */
}

void step_plugin(void)
{
	unsigned which = below(PLUGINS);
	struct plugin_host host = { &self->random, 0, tally_layer, copied, kernel, memory, pinned,
		waited };
	char path[4096];
	plugin_loaded_function loaded;
	plugin_work_function run;
	void *handle;

	/* cuDNN and cuBLAS have a runtime of their own, whose device nobody chose. */
	if (which < RUNTIMES)
		host.device = (int)below((unsigned)world.devices);
	snprintf(path, sizeof(path), "%s/%s", world.folder, names[which]);
	handle = dlopen(path, RTLD_LAZY | (chance(4) ? RTLD_DEEPBIND : 0));
	if (!handle)
		return;
	loaded = (plugin_loaded_function)(uintptr_t)dlsym(handle, "plugin_loaded");
	run = (plugin_work_function)(uintptr_t)dlsym(handle, "plugin_work");
	/* A runtime uses the context that is current, if it does not think that it has to change
	 * it. */
	if (loaded && run) {
		loaded(&host);
		if (!CALL(cuCtxSetCurrent, world.primary[host.device].handle))
			run(&host, 1 + below(4));
	}
	dlclose(handle);
	contexts_restore();
}
