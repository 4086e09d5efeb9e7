/* SPDX-License-Identifier: MIT */
/*
 * odd HOW PROGRAM [ARGUMENT...]: starts a program, or tries to, in a way that few do. HOW:
 *   addchdir FOLDER   by posix_spawn(3), in that folder, with no variable but LD_LIBRARY_PATH
 *   landlock          after it has given up to make and write files (77: the kernel cannot)
 *   stack             on a coroutine's stack of 8 KiB, on an alternate one, and on clone(2)'s
 *   spawn             by posix_spawn(3), with an environment of malloc(3)
 *   popen             by popen(3)'s older name, with no LD_PRELOAD: the first word is the command
 *   pointers          with pointers that lead nowhere: prints what the kernel says
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

extern char **environ;

enum { GUARD = 1 << 16, STACK = 8192 };

static char **words;
static ucontext_t first, coroutine;

static int wait_for(pid_t pid)
{
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int spawn(const char *path, const char *folder, char *const variables[])
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	if (folder && posix_spawn_file_actions_addchdir_np(&actions, folder))
		return 1;
	return posix_spawn(&pid, path, folder ? &actions : NULL, NULL, words, variables)
		       ? 127
		       : wait_for(pid);
}

static int by_addchdir(const char *folder)
{
	char path[4096];
	char *variables[] = { path, NULL };

	snprintf(path, sizeof(path), "LD_LIBRARY_PATH=%s", getenv("LD_LIBRARY_PATH"));
	return spawn(words[0], folder, variables);
}

static int under_landlock(void)
{
	uint64_t rights[3] = { 1 << 1 | 1 << 8 }; /* WRITE_FILE and MAKE_REG, linux/landlock.h */
	int rules = (int)syscall(444, rights, 8, 0);

	if (rules < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(446, rules, 0))
		return 77;
	execv(words[0], words);
	return 127;
}

static char *stack(void)
{
	char *low = mmap(
		NULL, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (low == MAP_FAILED || mprotect(low, GUARD, PROT_NONE))
		exit(1);
	return low + GUARD;
}

static void in_coroutine(void)
{
	FILE *pipe = popen("true", "r");

	if (!pipe || pclose(pipe) || system("true") || spawn(words[0], NULL, environ))
		_exit(2);
}

static void in_handler(int signal)
{
	pid_t child = fork();

	(void)signal;
	if (!child) {
		execve(words[0], words, environ);
		_exit(127);
	}
	if (wait_for(child))
		_exit(3);
}

static int in_clone(void *nothing)
{
	(void)nothing;
	execve(words[0], words, environ);
	_exit(127);
}

static int on_small_stacks(void)
{
	struct sigaction action = { .sa_handler = in_handler, .sa_flags = SA_ONSTACK };
	stack_t other = { .ss_sp = stack(), .ss_size = STACK };

	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = stack();
	coroutine.uc_stack.ss_size = STACK;
	coroutine.uc_link = &first;
	makecontext(&coroutine, in_coroutine, 0);
	swapcontext(&first, &coroutine);
	if (sigaltstack(&other, NULL) || sigaction(SIGUSR1, &action, NULL) || raise(SIGUSR1))
		return 1;
	return wait_for(clone(in_clone, stack() + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

static int with_bad_pointers(void)
{
	char *const volatile bad = (char *)-4096l;
	char *variables[] = { bad, NULL }, *low[] = { (char *)1, NULL }, *none[] = { NULL };
	long answers[] = {
		execve(words[0], words, (char **)bad),
		execve(words[0], words, variables),
		execve(words[0], words, low),
		execve(bad, words, none),
		syscall(SYS_execve, bad, words, environ),
		syscall(SYS_execve, words[0], words, bad),
		syscall(SYS_execveat, AT_FDCWD, bad, words, environ, 0),
		syscall(SYS_execveat, 0, bad, words, environ, 0),
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		printf("%ld ", answers[i]);
	puts(strerror(errno));
	return 0;
}

FILE *_IO_popen(const char *command, const char *mode);

static int by_popen(void)
{
	FILE *from;
	int status;

	unsetenv("LD_PRELOAD");
	from = _IO_popen(words[0], "r");
	if (!from)
		return 1;
	while (getc(from) != EOF)
		continue;
	status = pclose(from);
	return status ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	words = argv + 2;
	if (!strcmp(argv[1], "addchdir") && argc > 3) {
		words = argv + 3;
		return by_addchdir(argv[2]);
	}
	if (!strcmp(argv[1], "spawn")) {
		char *variables[] = { strdup("A=b"), NULL };

		return spawn(words[0], NULL, variables);
	}
	if (!strcmp(argv[1], "landlock"))
		return under_landlock();
	if (!strcmp(argv[1], "stack"))
		return on_small_stacks();
	if (!strcmp(argv[1], "popen"))
		return by_popen();
	if (!strcmp(argv[1], "pointers"))
		return with_bad_pointers();
	return 2;
}
