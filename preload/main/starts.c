/* SPDX-License-Identifier: MIT */
/*
 * Programs that are started without this library: static ones, those that change their user, and
 * those whose environment lost LD_PRELOAD (env -i). Nobody sees what they do, so a NO about their
 * session would be no more than a guess. All ways to start a program are seen here, before the
 * program is there; they change nothing, and lead on to the next definition, which is mostly
 * libc's.
 *
 * A child of vfork(2) comes here on the stack and in the memory of its parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <wordexp.h>

#include "../ground/path.h"
#include "../loader/program_file.h"
#include "../segment/alive.h"
#include "../session/filtered.h"
#include "../session/program.h"
#include "../session/notes.h"
#include "../session/session.h"
#include "next.h"
#include "starts.h"
#include "takes.h"
#include "waiting.h"

extern char **environ;

/* Not declared before glibc 2.34. */
int execveat(int folder, const char *path, char *const arguments[], char *const environment[],
	int flags);

/*
 * ld.so(8) takes no library along into a program whose user, or group, is another one than that
 * which starts it: seteuid(2) is enough.
 */
static bool changed_half(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

/* Then nothing is started. A descriptor's path is not there without /proc, and is not needed. */
static bool is_nowhere(const char *path)
{
	struct stat st;

	if (!strncmp(path, "/proc/", 6))
		return false;
	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR;
	return !S_ISREG(st.st_mode) || !(st.st_mode & 0111); /* not even root may run it */
}

/* What has others start programs (docker), or is static and starts them, need not name a GPU. */
static bool is_harmless(const char *path, bool hands_on)
{
	const char *name = path_file(path);

	return program_is_harmless(path, hands_on) && !program_launches(name) &&
	       !program_becomes_user(name);
}

/* Who becomes the program: this process, or a child that libc makes for it. */
enum who { ITSELF, CHILD };

static bool joins(char *const environment[], enum who who)
{
	return environment_tells_session(environment) && session_can_be_joined() &&
	       !(who == CHILD && alive_children_move());
}

/* It could use a GPU, and is not watched, or has a session of its own. */
static void note(const char *path, char *const environment[], enum who who)
{
	bool handed = environment_takes_library(environment) && !changed_half();
	bool taken = handed && program_takes_preload(path);
	bool joined = handed && joins(environment, who);

	if ((taken && joined) || is_harmless(path, joined) || is_nowhere(path))
		return;
	if (taken)
		session_note_apart();
	else
		session_note_unwatched();
}

/* As execvp(3) looks for it. False: it is not found, or the path is too long to tell. */
static bool find(const char *file, char *path, size_t size)
{
	const char *folders = getenv("PATH");

	if (!folders)
		folders = "/bin:/usr/bin";
	for (;; folders++) {
		size_t length = strcspn(folders, ":");

		if ((size_t)snprintf(path, size, "%.*s%s%s", (int)length, folders,
			    length ? "/" : "", file) < size &&
			!access(path, X_OK))
			return true;
		folders += length;
		if (!*folders)
			return false;
	}
}

/* How the function that was called finds the program. */
enum search { AS_NAMED, ALONG_PATH };

static void look(const char *file, char *const environment[], enum search search, enum who who)
{
	char path[512];
	int saved = errno;

	if (!takes_is_by_preload() || !session_joined() || !file)
		return;
	/* The library stands aside in it, and what it can do is not to be asked. */
	if (filter_kills()) {
		session_note_filtered();
	} else {
		bool found =
			search == AS_NAMED || strchr(file, '/') || find(file, path, sizeof(path));

		if (search == ALONG_PATH && !strchr(file, '/'))
			file = path;
		if (found)
			note(file, environment, who);
	}
	errno = saved;
}

/*
 * The shell itself is a program like others. Who can start no other, as sed, which has a command
 * for it, has waited until now (session/imports.c).
 */
static void look_at_shell(void)
{
	waiting_ends();
	look("/bin/sh", environ, AS_NAMED, CHILD);
}

static int starts_execve(const char *path, char *const arguments[], char *const environment[])
{
	look(path, environment, AS_NAMED, ITSELF);
	return NEXT(execve)(path, arguments, environment);
}

static int starts_execv(const char *path, char *const arguments[])
{
	look(path, environ, AS_NAMED, ITSELF);
	return NEXT(execv)(path, arguments);
}

static int starts_execvp(const char *file, char *const arguments[])
{
	look(file, environ, ALONG_PATH, ITSELF);
	return NEXT(execvp)(file, arguments);
}

static int starts_execvpe(const char *file, char *const arguments[], char *const environment[])
{
	look(file, environment, ALONG_PATH, ITSELF);
	return NEXT(execvpe)(file, arguments, environment);
}

static int starts_fexecve(int fd, char *const arguments[], char *const environment[])
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	look(path, environment, AS_NAMED, ITSELF);
	return NEXT(fexecve)(fd, arguments, environment);
}

static int starts_posix_spawn(pid_t *pid, const char *path,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[])
{
	look(path, environment, AS_NAMED, CHILD);
	return NEXT(posix_spawn)(pid, path, actions, attributes, arguments, environment);
}

static int starts_posix_spawnp(pid_t *pid, const char *file,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[])
{
	look(file, environment, ALONG_PATH, CHILD);
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
	char at[32 + 512];
	int length = 0;

	if (!path)
		return;
	if (*path != '/' && folder != AT_FDCWD)
		length = snprintf(
			at, sizeof(at), "/proc/self/fd/%d%s%s", folder, *path ? "/" : "", path);
	if (length < (int)sizeof(at))
		look(length ? at : path, environment, AS_NAMED, ITSELF);
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
