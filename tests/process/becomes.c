/* SPDX-License-Identifier: MIT */
/*
 * becomes UID WHEN [PROGRAM]: a daemon as they are. It becomes another user before it launches and
 * launches in a forked child; or after it has (WHEN), and goes on in new threads and a forked
 * child, which the driver refuses; or it runs PROGRAM, and launches nothing itself, or runs it
 * then; or it changes its root folder to PROGRAM after it has launched, and launches in threads.
 * raw-WHEN: by system calls of its own.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clients/check.h"
#include "../clients/kernels.h"
#include "../sim/standins/include/sim_driver.h"

enum { LAUNCHES = 10, THREADS = 3, NOT_INITIALIZED = 3 };

static void *context, *function;
static pthread_barrier_t together;

static void begin(void)
{
	void *module;

	CHECK(cuInit(0));
	CHECK(cuDevicePrimaryCtxRetain(&context, 0));
	CHECK(cuCtxSetCurrent(context));
	CHECK(cuModuleLoadData(&module, KERNELS_NOOP));
	CHECK(cuModuleGetFunction(&function, module, "sim_noop"));
}

static void launch(void)
{
	for (int i = 0; i < LAUNCHES; i++)
		CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK(cuCtxSynchronize());
}

/* All at one time, so that each has a block of counters of its own. */
static void *thread(void *nothing)
{
	CHECK(cuCtxSetCurrent(context));
	pthread_barrier_wait(&together);
	launch();
	pthread_barrier_wait(&together);
	return nothing;
}

static void launch_in_threads(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&together, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void fail_in_child(void)
{
	int status;

	if (!fork())
		exit(cuInit(0) != NOT_INITIALIZED);
	wait(&status);
	CHECK(status);
}

static bool raw;

static int change_user(unsigned user)
{
	if (raw)
		return (int)syscall(SYS_setresgid, user, user, user) ||
		       syscall(SYS_setresuid, user, user, user);
	return setgid(user) || setuid(user);
}

static int change_root(const char *folder)
{
	return raw ? (int)syscall(SYS_chroot, folder) : chroot(folder);
}

int main(int argc, char **argv)
{
	const char *when = argc > 2 ? argv[2] : "";
	unsigned user = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	bool after, root;
	int status;

	raw = strstr(when, "raw-") == when;
	when += raw ? strlen("raw-") : 0;
	after = !strcmp(when, "after");
	root = !strcmp(when, "root");
	if (after || root) {
		begin();
		launch();
	}
	if (root) {
		if (change_root(argv[3]) || chdir("/"))
			return 77;
		launch_in_threads();
		return 0;
	}
	if (!strcmp(when, "program"))
		CHECK(system(argv[3]));
	if (change_user(user))
		return 77;
	if (!strcmp(when, "then"))
		CHECK(system(argv[3]));
	if (!strcmp(when, "program") || !strcmp(when, "then"))
		return 0;
	if (after) {
		launch_in_threads();
		fail_in_child();
		return 0;
	}
	/* The driver refuses a child whose parent used it. */
	if (!fork()) {
		begin();
		launch();
		launch_in_threads();
		exit(0);
	}
	wait(&status);
	return status != 0;
}
