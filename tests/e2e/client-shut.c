/* SPDX-License-Identifier: MIT */
/*
 * client-shut THREADS [child | in-child]: launches in a sandbox that kills whoever opens, makes or
 * enlarges a file. A thread launches 500 times, then the filter comes by prctl(2); then so many
 * threads do that, and with "child" a forked child launches, too. With "in-child" all is done by a
 * forked child, whose filter lets it open files and comes before it calls CUDA.
 */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL(number)                                       \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

enum { LAUNCHES = 500, THREADS_MAX = 64 };

static int (*launch)(void *function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
	unsigned, void *stream, void **arguments, void **extra);
static int (*set_current)(void *context);
static void *context, *kernel;

static void *many(void *unused)
{
	(void)unused;
	if (set_current(context))
		exit(1);
	for (int i = 0; i < LAUNCHES; i++)
		if (launch(kernel, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL))
			exit(1);
	return NULL;
}

#define FOUND(function, name) (function = (__typeof__(function))dlsym(driver, name))

static int ready(void *driver)
{
	static char code[] = ".version 7.0\n.target sm_50\n.address_size 64\n"
			     ".visible .entry k() { ret; }\n";
	int (*init)(unsigned flags), (*create)(void **context, unsigned flags, int device);
	int (*load)(void **module, const void *code);
	int (*get)(void **function, void *module, const char *name);
	void *module;

	return !FOUND(init, "cuInit") || !FOUND(create, "cuCtxCreate_v2") ||
	       !FOUND(load, "cuModuleLoadData") || !FOUND(get, "cuModuleGetFunction") ||
	       !FOUND(launch, "cuLaunchKernel") || !FOUND(set_current, "cuCtxSetCurrent") ||
	       init(0) || create(&context, 0, 0) || load(&module, code) ||
	       get(&kernel, module, "k");
}

enum files { MAY_OPEN, MAY_OPEN_NONE };

static int sandbox(enum files files)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		KILL(SYS_fallocate),
		KILL(SYS_ftruncate),
		KILL(SYS_mkdirat),
		BPF_JUMP(BPF_JMP | BPF_JA, files == MAY_OPEN ? 8 : 0, 0, 0),
		KILL(SYS_openat),
		KILL(SYS_newfstatat),
		KILL(SYS_fstat),
		KILL(SYS_prlimit64),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Each in a thread of its own, all at once. */
static int in_threads(int n)
{
	pthread_t threads[THREADS_MAX];

	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, many, NULL))
			return 1;
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int in_child(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		launch(kernel, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
		_exit(0);
	}
	return waitpid(child, &status, 0) != child || status;
}

/* The parent has a driver, of which it asks the version alone. */
static int all_in_child(void *driver, int threads)
{
	int (*version)(int *version);
	int status, number;
	pid_t child;

	if (!FOUND(version, "cuDriverGetVersion") || version(&number))
		return 1;
	child = fork();
	if (!child)
		exit(sandbox(MAY_OPEN) ? 77 : ready(driver) || in_threads(1 + threads));
	return waitpid(child, &status, 0) != child || !WIFEXITED(status) ? 1 : WEXITSTATUS(status);
}

static int all_here(void *driver, int threads, bool child)
{
	if (ready(driver) || in_threads(1))
		return 1;
	if (sandbox(MAY_OPEN_NONE))
		return 77;
	return in_threads(threads) || (child && in_child());
}

int main(int argc, char **argv)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	int threads = argc > 1 ? atoi(argv[1]) : 0, status;
	const char *mode = argc > 2 ? argv[2] : "";

	if (!driver || threads >= THREADS_MAX)
		return 1;
	status = strcmp(mode, "in-child") ? all_here(driver, threads, !strcmp(mode, "child"))
					  : all_in_child(driver, threads);
	if (status)
		return status;
	return write(STDOUT_FILENO, "in the sandbox\n", 15) != 15;
}
