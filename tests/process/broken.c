/* SPDX-License-Identifier: MIT */
/*
 * broken ACTION...: does what the words say, one after the other, and breaks what gpuspy needs in
 * between. Every launch that succeeds is noted in the file that is open as descriptor TRUTH, so the
 * truth does not depend on anything that is broken here. Nothing here fails for what was broken.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clients/kernels.h"

enum { TRUTH = 99, NUMBER_MAX = 64 };

static uint64_t *truth; /* kernels that ran */

static struct driver {
	int (*init)(unsigned flags);
	int (*retain)(void **context, int device);
	int (*set)(void *context);
	int (*load)(void **module, const void *image);
	int (*get)(void **function, void *module, const char *name);
	int (*launch)(void *function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
		unsigned, void *stream, void **arguments, void **extra);
	int (*synchronize)(void);
	void *context, *function;
} here, elsewhere;

static void *look_up(void *library, const char *name)
{
	void *found = dlsym(library, name);

	if (!found)
		exit(3);
	return found;
}

static void open_driver(struct driver *driver, void *library)
{
	if (!library)
		exit(4);
	driver->init = look_up(library, "cuInit");
	driver->retain = look_up(library, "cuDevicePrimaryCtxRetain");
	driver->set = look_up(library, "cuCtxSetCurrent");
	driver->load = look_up(library, "cuModuleLoadData");
	driver->get = look_up(library, "cuModuleGetFunction");
	driver->launch = look_up(library, "cuLaunchKernel");
	driver->synchronize = look_up(library, "cuCtxSynchronize");
}

static bool begin(struct driver *driver)
{
	void *module;

	if (driver->function)
		return true;
	return !driver->init(0) && !driver->retain(&driver->context, 0) &&
	       !driver->set(driver->context) && !driver->load(&module, KERNELS_NOOP) &&
	       !driver->get(&driver->function, module, "sim_noop");
}

static void launch(struct driver *driver, int times)
{
	if (!begin(driver) || driver->set(driver->context))
		return;
	while (times-- > 0)
		if (!driver->launch(driver->function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL))
			__atomic_fetch_add(truth, 1, __ATOMIC_RELAXED);
	driver->synchronize();
}

static void use(void)
{
	if (!here.init)
		open_driver(&here, dlopen("libcuda.so.1", RTLD_NOW));
}

static void do_launch(int times)
{
	use();
	launch(&here, times);
}

static void do_init(int number)
{
	(void)number;
	use();
	here.init(0);
}

static void do_load(int number)
{
	(void)number;
	use();
}

static void *work(void *times)
{
	launch(&here, (int)(intptr_t)times);
	return NULL;
}

static void do_thread(int times)
{
	pthread_t thread;

	use();
	if (!begin(&here) || pthread_create(&thread, NULL, work, (void *)(intptr_t)times))
		return;
	pthread_join(thread, NULL);
}

/* Before the driver was used, for it cannot be used in a child after that. */
static void do_fork(int times)
{
	pid_t child = here.function ? -1 : fork();

	if (child == 0) {
		do_launch(times);
		if (times % 3 == 0)
			_exit(0);
		exit(0);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
}

static void do_namespace(int times)
{
	if (!elsewhere.init)
		open_driver(&elsewhere, dlmopen(LM_ID_NEWLM, "libcuda.so.1", RTLD_NOW));
	launch(&elsewhere, times);
}

static void each_file(const char *folder, int depth, void (*visit)(const char *path, bool folder))
{
	char path[4096];
	struct dirent *entry;
	DIR *open = opendir(folder);

	while (open && (entry = readdir(open))) {
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.' || lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			each_file(path, depth - 1, visit);
		visit(path, S_ISDIR(st.st_mode));
	}
	if (open)
		closedir(open);
}

static void remove_segment(const char *path, bool folder)
{
	if (!folder && strstr(path, ".seg"))
		unlink(path);
}

static void remove_all(const char *path, bool folder)
{
	if (folder)
		rmdir(path);
	else
		unlink(path);
}

static void do_unlink(int number)
{
	(void)number;
	each_file(getenv("GPUSPY_DIR"), 1, remove_segment);
}

static void do_wipe(int number)
{
	(void)number;
	each_file(getenv("GPUSPY_DIR"), 1, remove_all);
}

static void limit(int what, rlim_t most)
{
	struct rlimit now;

	getrlimit(what, &now);
	now.rlim_cur = most;
	setrlimit(what, &now);
}

static void do_nofile(int number)
{
	limit(RLIMIT_NOFILE, (rlim_t)number % 4);
}

static void do_fsize(int number)
{
	limit(RLIMIT_FSIZE, (rlim_t)number << 16);
}

static void do_memory(int number)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file && fscanf(file, "%lu", &pages) == 1)
		limit(RLIMIT_AS, (pages + (rlim_t)number) * (rlim_t)sysconf(_SC_PAGESIZE));
	if (file)
		fclose(file);
}

static void do_keys(int number)
{
	pthread_key_t key;

	(void)number;
	while (!pthread_key_create(&key, NULL))
		continue;
}

static void do_umask(int number)
{
	(void)number;
	umask(0777);
}

static void do_device(int number)
{
	(void)number;
	memfd_create("gpuspy-simulated-device", 0);
}

static char **rest;

static void do_exec(int number)
{
	static char name[] = "broken";
	char *words[NUMBER_MAX] = { name };

	(void)number;
	for (int i = 0; i + 2 < NUMBER_MAX && rest[i]; i++)
		words[i + 1] = rest[i];
	execv("/proc/self/exe", words);
}

static void do_kill(int number)
{
	(void)number;
	kill(getpid(), SIGKILL);
}

static void do_leave(int number)
{
	(void)number;
	_exit(0);
}

static void do_vanish(int number)
{
	(void)number;
	syscall(SYS_exit_group, 0);
}

static const struct action {
	const char *name;
	void (*act)(int number);
} actions[] = { { "launch", do_launch }, { "init", do_init }, { "load", do_load },
	{ "thread", do_thread }, { "fork", do_fork }, { "namespace", do_namespace },
	{ "unlink", do_unlink }, { "wipe", do_wipe }, { "nofile", do_nofile },
	{ "fsize", do_fsize }, { "memory", do_memory }, { "keys", do_keys }, { "umask", do_umask },
	{ "device", do_device }, { "exec", do_exec }, { "kill", do_kill }, { "leave", do_leave },
	{ "vanish", do_vanish } };

int main(int argc, char **argv)
{
	truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED, TRUTH, 0);
	if (truth == MAP_FAILED)
		return 2;
	for (int i = 1; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		int number = equals ? atoi(equals + 1) : 0;
		size_t length = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]), k = 0;

		while (strncmp(actions[k].name, argv[i], length) || actions[k].name[length])
			if (++k == sizeof(actions) / sizeof(*actions))
				return 2;
		rest = argv + i + 1;
		actions[k].act(number);
	}
	return 0;
}
