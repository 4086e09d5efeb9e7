/* SPDX-License-Identifier: MIT */
/*
 * filters HOW WHO ANSWER NUMBER PROGRAM [ARGUMENT...]: puts a filter of system calls in place and
 * becomes that program, or ends ("-"). HOW: prctl, syscall; none. WHO: self, child; "vfork": a
 * child of that kind, which ends, and not this process. ANSWER: kill, trap, errno, for
 * the call of that NUMBER; "allow", for all calls but those that a small program needs; "refused",
 * which is no filter at all; "asks", whether there are filters.
 * 77: no filter can be made. A child's status is given on, a signal as 128 and its number.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_RET_KILL_PROCESS /* before Linux 4.14 */
#define SECCOMP_RET_KILL_PROCESS SECCOMP_RET_KILL
#endif

static const unsigned small[] = {
	SYS_read,
	SYS_fstat,
	SYS_newfstatat,
	SYS_mmap,
	SYS_mprotect,
	SYS_munmap,
	SYS_brk,
	SYS_exit_group,
	SYS_close,
	SYS_write,
	SYS_pread64,
	SYS_set_tid_address,
	SYS_set_robust_list,
	SYS_prlimit64,
	SYS_getrandom,
	SYS_futex,
	SYS_execve,
	SYS_openat,
	SYS_faccessat,
	SYS_readlinkat,
#ifdef SYS_arch_prctl
	SYS_arch_prctl,
#endif
#ifdef SYS_access
	SYS_access,
	SYS_readlink,
#endif
#ifdef SYS_rseq
	SYS_rseq,
#else
	334,
#endif
};

static struct sock_filter code[4 + 2 * sizeof(small) / sizeof(small[0])];
static unsigned short length;

static void put(struct sock_filter instruction)
{
	code[length++] = instruction;
}

static void compose(const char *answer, unsigned number)
{
	unsigned deadly = strcmp(answer, "trap") ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_TRAP;

	if (!strcmp(answer, "errno"))
		deadly = SECCOMP_RET_ERRNO | EPERM;
	put((struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	if (!strcmp(answer, "allow")) {
		for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
			put((struct sock_filter)BPF_JUMP(
				BPF_JMP | BPF_JEQ | BPF_K, small[i], 0, 1));
			put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
		}
		put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, deadly));
	} else {
		put((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
		put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, deadly));
		if (strcmp(answer, "refused") != 0) /* it has no end */
			put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	}
}

static int filter(const char *how, const char *answer)
{
	struct sock_fprog program = { length, code };
	const void *given = strcmp(answer, "asks") ? &program : NULL;
	int refused;

	if (!strcmp(how, "none"))
		return 0;
	if (!strcmp(how, "prctl"))
		refused = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, given) != 0;
	else
		refused = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, given) != 0;
	return refused != (!strcmp(answer, "refused") || !strcmp(answer, "asks"));
}

int main(int argc, char **argv)
{
	int status;
	pid_t child;

	if (argc < 6)
		return 2;
	compose(argv[3], (unsigned)atoi(argv[4]));
	if (!strcmp(argv[2], "child") && (child = fork())) {
		if (waitpid(child, &status, 0) != child)
			return 1;
		return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	if (!strcmp(argv[2], "vfork")) {
		if (!(child = vfork()))
			_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || filter(argv[1], argv[3])
					? 77
					: 0);
		if (waitpid(child, &status, 0) != child || status)
			return 1;
		if (!strcmp(argv[5], "-"))
			return 0;
		execv(argv[5], argv + 5);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || filter(argv[1], argv[3]))
		_exit(77);
	execv(argv[5], argv + 5);
	_exit(127);
}
