/* SPDX-License-Identifier: MIT */
/*
 * sandboxes HOW FOLDER PROGRAM [WORD]...: runs PROGRAM as sandboxes do, in namespaces of its own
 * for mounts and processes, with another file system in FOLDER and another /proc, and waits for it.
 * HOW: how the namespaces are made. "killed": by clone(2), and it is killed itself then, as soon as
 * PROGRAM has ended. "unseen": by a name of clone's that nobody looks at. 77: it cannot be done.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

enum { FLAGS = CLONE_NEWNS | CLONE_NEWPID, STACK = 65536 };

typedef int clone_type(int (*function)(void *), void *stack, int flags, void *argument, ...);
extern clone_type __clone;

static int inside(void *arguments)
{
	char **words = arguments;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("none", words[0], "tmpfs", 0, NULL) ||
		mount("proc", "/proc", "proc", 0, NULL))
		_exit(77);
	execvp(words[1], words + 1);
	_exit(127);
}

static pid_t fork_inside(char **words)
{
	pid_t pid = fork();

	return pid ? pid : inside(words);
}

static pid_t by_clone(clone_type *clone_, char **words)
{
	static char stack[STACK] __attribute__((aligned(16)));

	return clone_(inside, stack + STACK, FLAGS | SIGCHLD, words);
}

static pid_t by_clone3(char **words)
{
	uint64_t fields[8] = { FLAGS, [4] = SIGCHLD }; /* struct clone_args */
	pid_t pid = (pid_t)syscall(SYS_clone3, fields, sizeof(fields));

	return pid ? pid : inside(words);
}

static pid_t by_syscall(char **words)
{
	pid_t pid = (pid_t)syscall(SYS_clone, FLAGS | SIGCHLD, 0, 0, 0, 0);

	return pid ? pid : inside(words);
}

static int enter(pid_t pid, const char *name, int type)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : setns(fd, type);
}

/* Somebody else's namespaces, whom nobody watches. */
static pid_t by_setns(char **words)
{
	pid_t other = by_clone(
		__clone, (char *[]){ words[0], (char[]){ "sleep" }, (char[]){ "9" }, NULL });

	if (other < 0 || enter(other, "pid_for_children", 0) || enter(other, "mnt", CLONE_NEWNS))
		return -1;
	return fork_inside(words);
}

static pid_t start(const char *how, char **words)
{
	if (!strcmp(how, "clone") || !strcmp(how, "killed"))
		return by_clone(clone, words);
	if (!strcmp(how, "unseen"))
		return by_clone(__clone, words);
	if (!strcmp(how, "clone3"))
		return by_clone3(words);
	if (!strcmp(how, "syscall-clone"))
		return by_syscall(words);
	if (!strcmp(how, "setns"))
		return by_setns(words);
	if (!strcmp(how, "syscall-unshare") ? syscall(SYS_unshare, FLAGS) : unshare(FLAGS))
		return -1;
	return fork_inside(words);
}

int main(int argc, char **argv)
{
	int status = 77 << 8;
	pid_t pid;

	if (argc < 4)
		return 2;
	pid = start(argv[1], argv + 2);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 77;
	if (!strcmp(argv[1], "killed"))
		kill(getpid(), SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
