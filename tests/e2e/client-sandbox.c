/* SPDX-License-Identifier: MIT */
/*
 * Ends in a sandbox that kills it for any system call but a few. Built WITH_DRIVER it has a driver
 * ready before, and else nothing to do with CUDA. The filter comes by prctl(2), syscall(2), or an
 * instruction of its own.
 */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"

#define ALLOW(number)                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

#ifdef WITH_DRIVER
static int ready(void)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	int (*init)(unsigned) = driver ? (int (*)(unsigned))dlsym(driver, "cuInit") : NULL;

	return init ? init(0) : -1;
}
#else
static int ready(void)
{
	return 0;
}
#endif

static long sandbox(const char *how, struct sock_fprog *program)
{
	if (!strcmp(how, "syscall"))
		return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
	if (!strcmp(how, "instruction"))
		return arch_syscall3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)program);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
}

int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_write),
		ALLOW(SYS_exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (ready())
		return 1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sandbox(argc > 1 ? argv[1] : "", &program))
		return 77;
	exit(write(STDOUT_FILENO, "in the sandbox\n", 15) != 15);
}
