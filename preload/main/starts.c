/* SPDX-License-Identifier: MIT */
/*
 * The ways to start a program. All are seen here, before the program is there (main/looks.h), but
 * those by an instruction of the program's own, as Go's. They change nothing, and lead on to the
 * next definition, which is mostly libc's.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <wordexp.h>

#include "../ground/readable.h"
#include "looks.h"
#include "next.h"
#include "starts.h"
#include "takes.h"
#include "waiting.h"

extern char **environ;

/* Not declared before glibc 2.34. */
int execveat(int folder, const char *path, char *const arguments[], char *const environment[],
	int flags);
/* popen(3) by older names, which no header has (glibc's libio/iopopen.c). */
FILE *_IO_popen(const char *command, const char *mode);
FILE *_IO_proc_open(FILE *stream, const char *command, const char *mode);

/*
 * The shell itself is a program like others. Who can start no other, as sed, which has a command
 * for it, has waited until now (session/imports.c).
 */
static void look_at_shell(void)
{
	waiting_ends();
	looks_at("/bin/sh", environ, LOOKS_CHILD);
}

static int starts_execve(const char *path, char *const arguments[], char *const environment[])
{
	looks_at(path, environment, 0);
	return NEXT(execve)(path, arguments, environment);
}

static int starts_execv(const char *path, char *const arguments[])
{
	looks_at(path, environ, 0);
	return NEXT(execv)(path, arguments);
}

static int starts_execvp(const char *file, char *const arguments[])
{
	looks_at(file, environ, LOOKS_ALONG_PATH);
	return NEXT(execvp)(file, arguments);
}

static int starts_execvpe(const char *file, char *const arguments[], char *const environment[])
{
	looks_at(file, environment, LOOKS_ALONG_PATH);
	return NEXT(execvpe)(file, arguments, environment);
}

static int starts_fexecve(int fd, char *const arguments[], char *const environment[])
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	looks_at(path, environment, 0);
	return NEXT(fexecve)(fd, arguments, environment);
}

/*
 * Actions may lead to another folder first (posix_spawn_file_actions_addchdir_np(3)). What they are
 * is libc's own affair, but has been this since there are any: glibc's posix/spawn_int.h.
 */
struct __spawn_action {
	enum {
		ACTION_CLOSE,
		ACTION_DUP2,
		ACTION_OPEN,
		ACTION_CHDIR, /* these two since glibc 2.29 */
		ACTION_FCHDIR,
		ACTION_CLOSEFROM,
		ACTION_TCSETPGRP, /* 2.35, the last one till 2.43 */
		ACTION_UNKNOWN
	} tag;
	union {
		struct {
			int fd;
			char *path;
			int flags;
			mode_t mode;
		} largest;
	} action;
};

static unsigned moves(const posix_spawn_file_actions_t *actions)
{
	for (int i = 0; actions && i < actions->__used; i++) {
		int tag = (int)actions->__actions[i].tag;

		if (tag == ACTION_CHDIR || tag == ACTION_FCHDIR || tag < 0 || tag >= ACTION_UNKNOWN)
			return LOOKS_FROM_ELSEWHERE;
	}
	return 0;
}

static int starts_posix_spawn(pid_t *pid, const char *path,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[])
{
	looks_at(path, environment, LOOKS_CHILD | moves(actions));
	return NEXT(posix_spawn)(pid, path, actions, attributes, arguments, environment);
}

static int starts_posix_spawnp(pid_t *pid, const char *file,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[])
{
	looks_at(file, environment, LOOKS_ALONG_PATH | LOOKS_CHILD | moves(actions));
	return NEXT(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
}

static int starts_system(const char *command)
{
	if (command)
		look_at_shell();
	return NEXT(system)(command);
}

static FILE *starts_popen(const char *command, const char *mode)
{
	look_at_shell();
	return NEXT(popen)(command, mode);
}

static FILE *starts__IO_popen(const char *command, const char *mode)
{
	look_at_shell();
	return NEXT(_IO_popen)(command, mode);
}

static FILE *starts__IO_proc_open(FILE *stream, const char *command, const char *mode)
{
	look_at_shell();
	return NEXT(_IO_proc_open)(stream, command, mode);
}

/* A list of arguments: how many there are, before the NULL. */
static size_t count_list(const char *first, va_list list)
{
	size_t n = first != NULL;

	while (first && va_arg(list, char *))
		n++;
	return n;
}

/*
 * The array is on the stack of the caller, as the list is, and as in libc. The list is behind it
 * then: by its address, for where a va_list is no array the caller's own would stand where it
 * stood.
 */
static char **copy_list(char **to, const char *first, size_t n, va_list *list)
{
	to[0] = (char *)(uintptr_t)first;
	for (size_t i = 1; i <= n; i++)
		to[i] = va_arg(*list, char *);
	return to;
}

#define WITH_LIST(first, arguments, run)                                                       \
	do {                                                                                   \
		const char *volatile first_ = first; /* may be NULL, whatever libc declares */ \
		va_list list_;                                                                 \
		size_t n_;                                                                     \
		va_start(list_, first);                                                        \
		n_ = count_list(first_, list_);                                                \
		va_end(list_);                                                                 \
		va_start(list_, first);                                                        \
		arguments = copy_list(                                                         \
			__builtin_alloca((n_ + 1) * sizeof(char *)), first_, n_, &list_);      \
		run;                                                                           \
		va_end(list_);                                                                 \
	} while (0)

static int starts_execl(const char *path, const char *first, ...)
{
	char **arguments;
	int status;

	WITH_LIST(first, arguments, status = starts_execv(path, arguments));
	return status;
}

static int starts_execlp(const char *file, const char *first, ...)
{
	char **arguments;
	int status;

	WITH_LIST(first, arguments, status = starts_execvp(file, arguments));
	return status;
}

static int starts_execle(const char *path, const char *first, ...)
{
	char **arguments;
	int status;

	WITH_LIST(
		first, arguments, status = starts_execve(path, arguments, va_arg(list_, char **)));
	return status;
}

static int starts_wordexp(const char *words, wordexp_t *result, int flags)
{
	if (words && !(flags & WRDE_NOCMD) && (strstr(words, "$(") || strchr(words, '`')))
		look_at_shell();
	return NEXT(wordexp)(words, result, flags);
}

/* An empty path is the descriptor itself. */
void starts_by_call(int folder, const char *path, char *const environment[])
{
	char *at;
	size_t size;

	if (!readable_text(path) || *path == '/' || folder == AT_FDCWD) {
		looks_at(path, environment, 0);
	} else {
		size = sizeof("/proc/self/fd/-2147483648/") + strlen(path);
		at = __builtin_alloca(size);
		snprintf(at, size, "/proc/self/fd/%d%s%s", folder, *path ? "/" : "", path);
		looks_at(at, environment, 0);
	}
}

/* In libc since glibc 2.34; before, programs use syscall(2). */
__attribute__((visibility("default"))) int execveat(
	int folder, const char *path, char *const arguments[], char *const environment[], int flags)
{
	starts_by_call(folder, path, environment);
	return (int)NEXT(syscall)(SYS_execveat, folder, path, arguments, environment, flags);
}

#define EXPORT(name) NEXT_EXPORT(name, starts)
NEXT_STARTERS(EXPORT)

#define STAND(name) NEXT_STAND(name, starts_##name)

void starts_begin(void)
{
	takes_begin();
	NEXT_STARTERS(STAND)
}
