/* SPDX-License-Identifier: MIT */
/*
 * Forks where a filter kills for all but what fork(3), waitpid(3) and write(2) take, and says that
 * its child ended with 3. It can load no library, as a shell. 77: no filter can be made.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAY(number)                                        \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int filter(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		MAY(SYS_clone),
		MAY(SYS_wait4),
		MAY(SYS_write),
		MAY(SYS_exit_group),
		MAY(SYS_rt_sigprocmask),
		MAY(SYS_set_robust_list),
		MAY(SYS_rseq),
		MAY(SYS_gettid),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(void)
{
	static const char said[] = "a child, and its status\n";
	pid_t child;
	int status;

	if (filter())
		return 77;
	child = fork();
	if (!child)
		_exit(3);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 3)
		return 2;
	return write(STDOUT_FILENO, said, sizeof(said) - 1) == sizeof(said) - 1 ? 5 : 1;
}
