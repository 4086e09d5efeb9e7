/* SPDX-License-Identifier: MIT */
/*
 * client-shut THREADS [child]: launches in a sandbox that kills whoever opens, makes or enlarges a
 * file. A thread launches 500 times, then the filter comes by prctl(2); then so many threads do
 * that, and with "child" a forked child launches, too.
 */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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

static int sandbox(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		KILL(SYS_openat),
		KILL(SYS_fallocate),
		KILL(SYS_ftruncate),
		KILL(SYS_newfstatat),
		KILL(SYS_fstat),
		KILL(SYS_mkdirat),
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

int main(int argc, char **argv)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	int threads = argc > 1 ? atoi(argv[1]) : 0;

	if (!driver || threads > THREADS_MAX || ready(driver) || in_threads(1))
		return 1;
	if (sandbox())
		return 77;
	if (in_threads(threads) || (argc > 2 && in_child()))
		return 1;
	return write(STDOUT_FILENO, "in the sandbox\n", 15) != 15;
}
