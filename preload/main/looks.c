/* SPDX-License-Identifier: MIT */
#include "looks.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/lock.h"
#include "../ground/path.h"
#include "../ground/readable.h"
#include "../loader/program_file.h"
#include "../segment/alive.h"
#include "../session/config.h"
#include "../session/filtered.h"
#include "../session/notes.h"
#include "../session/program.h"
#include "../session/run_page.h"
#include "../session/session.h"
#include "takes.h"

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

/* The site's configuration names the program's own path; a script's is its interpreter. */
static bool is_loaded_into(const char *path)
{
	const struct config_pattern *by;
	char *real;

	if (!config.n_patterns)
		return program_takes_preload(path, NULL, 0);
	real = __builtin_alloca(PATHS_MAX);
	return program_takes_preload(path, real, PATHS_MAX) && config_watches(&config, real, &by);
}

static bool joins(char *const environment[], unsigned how)
{
	return environment_tells_session(environment) && session_can_be_joined() &&
	       !((how & LOOKS_CHILD) && alive_children_move());
}

/* It could use a GPU, and is not watched, or has a session of its own. */
static void note(const char *path, char *const environment[], unsigned how)
{
	bool handed, joined, taken;

	if ((how & LOOKS_FROM_ELSEWHERE) &&
		*path != '/') { /* what has that name here is another one */
		session_note_unwatched();
		return;
	}
	handed = environment_takes_library(environment) && !changed_half();
	joined = handed && joins(environment, how);
	taken = handed && is_loaded_into(path);
	if ((taken && (joined || environment_is_told(environment))) || is_nowhere(path))
		return;
	if (is_harmless(path, joined) && (taken || !environment_brings_others(environment))) {
		if (!(how & LOOKS_CHILD))
			run_page_becomes(path_file(path));
		return;
	}
	if (taken)
		session_note_apart();
	else
		session_note_unwatched();
}

static bool is_program(const char *path)
{
	struct stat st;

	return !access(path, X_OK) && !stat(path, &st) && S_ISREG(st.st_mode);
}

/* As execvp(3), which passes over folders of that name, too. */
static bool find(const char *file, const char *folders, char *path)
{
	for (;; folders++) {
		size_t length = strcspn(folders, ":");

		if (length < PATH_MAX) {
			sprintf(path, "%.*s%s%s", (int)length, folders, length ? "/" : "", file);
			if (is_program(path))
				return true;
		}
		folders += length;
		if (!*folders)
			return false;
	}
}

/* Of what is longer than any path, nothing is found. */
static size_t longest_folder(const char *folders, bool *relative)
{
	size_t longest = 0;

	for (;; folders++) {
		size_t length = strcspn(folders, ":");

		*relative |= *folders != '/';
		if (length > longest && length < PATH_MAX)
			longest = length;
		folders += length;
		if (!*folders)
			return longest;
	}
}

static void look(const char *file, char *const environment[], unsigned how)
{
	bool relative = false;
	const char *folders;
	char *path;

	if (!(how & LOOKS_ALONG_PATH) || strchr(file, '/')) {
		note(file, environment, how);
		return;
	}
	folders = getenv("PATH");
	if (!folders)
		folders = "/bin:/usr/bin";
	/* As large as libc makes it there. */
	path = __builtin_alloca(longest_folder(folders, &relative) + strlen(file) + sizeof("/"));
	if (find(file, folders, path))
		note(path, environment, how);
	else if (relative && (how & LOOKS_FROM_ELSEWHERE))
		session_note_unwatched();
}

void looks_at(const char *file, char *const environment[], unsigned how)
{
	int saved = errno;

	if (!takes_is_by_preload() || !session_joined())
		return;
	cancel_hold(); /* starting a program is no cancellation point */
	/* The library stands aside in it, and what it can do is not to be asked. */
	if (filter_kills())
		session_note_filtered();
	else if (readable_text(file) && readable_list(environment))
		look(file, environment, how);
	cancel_release();
	errno = saved;
}
