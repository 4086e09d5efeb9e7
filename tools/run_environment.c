/* SPDX-License-Identifier: MIT */
/*
 * What a command needs around it to be watched.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../preload/session/config.h"
#include "loader/search.h"
#include "report/output_name.h"
#include "run.h"
#include "say.h"

/* This program's own folder, as "/.../tools" or "/usr/bin". */
static int own_folder(char path[PATHS_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATHS_MAX - 1);
	char *slash;

	if (length <= 0)
		return -1;
	path[length] = 0;
	slash = strrchr(path, '/');
	if (!slash)
		return -1;
	*slash = 0;
	return 0;
}

/*
 * ld.so(8): the elements of LD_PRELOAD are separated by spaces or colons, and some words behind a $
 * stand for others, with no escape.
 */
static bool is_altered(const char *path)
{
	enum loader_token which;

	if (strpbrk(path, " :"))
		return true;
	while ((path = strchr(path, '$'))) {
		if (loader_token(path, &which))
			return true;
		path++;
	}
	return false;
}

/* In the build tree beside tools/, else where it was installed, wherever that was moved to. */
int run_find_library(char path[PATHS_MAX], const char *who)
{
	static const char *const places[] = { "../preload/libgpuspy.so",
		GPUSPY_LIBDIR_FROM_BINDIR "/libgpuspy.so" };
	char folder[PATHS_MAX], try[2 * PATHS_MAX], found[4096 + 1];

	*path = 0;
	if (own_folder(folder)) {
		say("%s: /proc/self/exe does not tell where libgpuspy.so is: is /proc mounted?",
			who);
		return -1;
	}
	for (size_t i = 0; !*path && i < sizeof(places) / sizeof(*places); i++) {
		snprintf(try, sizeof(try), "%s/%s", folder, places[i]);
		if (realpath(try, found) && strlen(found) < PATHS_MAX)
			strcpy(path, found);
	}
	if (!*path) {
		say("%s: libgpuspy.so not found beside %s", who, folder);
		return -1;
	}
	if (is_altered(path)) {
		say("%s: LD_PRELOAD cannot hold a space, a colon or a word like $LIB: %s", who,
			path);
		return -1;
	}
	return 0;
}

static bool listed(const char *list, const char *library)
{
	size_t length = strlen(library);

	while (*list) {
		size_t word = strcspn(list, " :");

		if (word == length && !memcmp(list, library, length))
			return true;
		list += word + (list[word] != 0);
	}
	return false;
}

const char *run_report_rule(void)
{
	static const char *const words[] = { "auto", "always", "never" };
	const char *value = getenv("GPUSPY_REPORT");

	if (value && *value)
		return value;
	return config.report_set ? words[config.report] : words[0];
}

int run_set_environment(const struct run *run, const char *library)
{
	const char *preload = getenv("LD_PRELOAD"), *named = getenv("GPUSPY_SESSION");
	char *joined = NULL;
	int status = 0;

	if (!preload || !*preload)
		status = setenv("LD_PRELOAD", library, 1);
	else if (!listed(preload, library)) {
		if (asprintf(&joined, "%s:%s", library, preload) < 0)
			return -1;
		status = setenv("LD_PRELOAD", joined, 1);
		free(joined);
	}
	if (!named || strcmp(named, run->session) != 0)
		return status | setenv("GPUSPY_SESSION", run->session, 1);
	/* A session that the user named belongs to nobody: this process alone reports. */
	if (strcmp(run_report_rule(), "always") != 0)
		status |= setenv("GPUSPY_REPORT", "never", 1);
	return status;
}

/* The library says this in a session that is its own, and in no session of gpuspy run. */
void run_check_environment(void)
{
	const char *when = getenv("GPUSPY_REPORT"), *named = getenv("GPUSPY_SESSION");
	const char *output = getenv("GPUSPY_OUTPUT"), *disable = getenv("GPUSPY_DISABLE");

	if (output && output_name_doubtful(output))
		say("gpuspy: warning: %s", OUTPUT_NAME_DOUBT);
	if (when && *when && strcmp(when, "auto") != 0 && strcmp(when, "always") != 0 &&
		strcmp(when, "never") != 0)
		say("gpuspy: warning: GPUSPY_REPORT is none of auto, always, never: auto is "
		    "used");
	if (named && *named && !paths_session_valid(named))
		say("gpuspy: warning: GPUSPY_SESSION is no name of 1 to 64 letters, "
		    "digits, . _ -: ignored");
	if (disable && *disable && strcmp(disable, "0") != 0 && strcmp(disable, "1") != 0)
		say("gpuspy: warning: GPUSPY_DISABLE is neither 0 nor 1: ignored");
	if (config.unread)
		say("gpuspy: warning: %s", CONFIG_UNREAD);
}
