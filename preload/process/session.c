#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "process.h"

struct session session;

static char name[SESSION_NAME_MAX];
static const char *base; /* GPUSPY_DIR, NULL: the default */
static bool named_by_user, claimed;

static const char *kept_variable(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value ? process_keep(value) : NULL;
}

static enum report_rule read_rule(void)
{
	static const char *const words[] = { "auto", "always", "never" };
	const char *value = getenv("GPUSPY_REPORT");

	if (!value || !*value)
		return REPORT_AUTO;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(value, words[i]))
			return (enum report_rule)i;
	output_warning("GPUSPY_REPORT is none of auto, always, never: auto is used");
	return REPORT_AUTO;
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* System tools that happen to be written in Python are not what people ask about. */
static bool is_system_script(const char *script)
{
	static const char *const folders[] = { "/usr/bin/", "/usr/sbin/", "/usr/lib/",
		"/usr/share/", "/bin/", "/sbin/", "/etc/" };

	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (starts_with(script, folders[i]))
			return true;
	return false;
}

/* Options of an interpreter that only prints; arguments are ended by zeros. */
static bool only_prints(const char *argument, const char *end)
{
	for (; argument < end && argument[0] == '-'; argument += strlen(argument) + 1)
		if (!strcmp(argument, "--version") || !strcmp(argument, "--help") ||
			!strcmp(argument, "-V"))
			return true;
	return false;
}

static bool is_interpreter(void)
{
	const char *program = program_invocation_short_name, *first;
	char line[1024];
	ssize_t n;
	int fd;

	if (!program || (strcmp(program, "R") && strcmp(program, "julia") &&
				!starts_with(program, "python")))
		return false;
	fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return true;
	line[n] = 0;
	first = line + strlen(line) + 1;
	if (first >= line + n)
		return true;
	return !only_prints(first, line + n) &&
	       !(starts_with(program, "python") && is_system_script(first));
}

static void name_after(pid_t pid)
{
	snprintf(name, sizeof(name), "%d-%llu", (int)pid,
		(unsigned long long)paths_start_ticks(pid));
}

/* The session that the environment names, if there still is such a one. */
static void read_name(const char *value)
{
	pid_t pid;
	uint64_t start;

	if (!value || !*value)
		return;
	if (!paths_session_valid(value)) {
		output_warning(
			"GPUSPY_SESSION is no name of 1 to 64 letters, digits, . _ -: ignored");
		return;
	}
	if (!paths_session_identity(value, &pid, &start))
		named_by_user = true;
	else if (paths_start_ticks(pid) != start)
		return;
	strcpy(name, value);
}

void session_begin(void)
{
	session.pid = getpid();
	session.rule = read_rule();
	session.output = kept_variable("GPUSPY_OUTPUT");
	base = kept_variable("GPUSPY_DIR");
	session.interpreter = is_interpreter();
	read_name(getenv("GPUSPY_SESSION"));
	if (session.interpreter && !name[0])
		setenv("GPUSPY_SESSION", session_name(), 1);
}

const char *session_name(void)
{
	if (!name[0])
		name_after(session.pid);
	return name;
}

bool session_folder(char path[PATHS_MAX])
{
	size_t used;

	if (paths_base(path, base))
		return false;
	used = strlen(path);
	return (size_t)snprintf(path + used, PATHS_MAX - used, "/%s", session_name()) <
	       PATHS_MAX - used;
}

void session_segment(char file[PATHS_MAX], unsigned *image, const char *folder)
{
	pid_t pid = getpid();
	uint64_t start = paths_start_ticks(pid);
	char path[2 * PATHS_MAX];

	/* The images before this one, by exec, left theirs. */
	for (*image = 0; *image < 10000; ++*image) {
		snprintf(file, PATHS_MAX, "%d-%llu-%u.seg", (int)pid, (unsigned long long)start,
			*image);
		snprintf(path, sizeof(path), "%s/%s", folder, file);
		if (access(path, F_OK))
			return;
	}
}

/* FOLDER/owner says who reports for a session that the user named: the first, while it lives. */
static bool claim(const char *folder)
{
	char path[PATHS_MAX + 8], self[64], owner[64];
	pid_t pid;
	uint64_t start;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/owner", folder);
	snprintf(self, sizeof(self), "%d-%llu", (int)getpid(),
		(unsigned long long)paths_start_ticks(getpid()));
	for (int i = 0; i < 2; i++) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0) {
			n = write(fd, self, strlen(self));
			close(fd);
			return n == (ssize_t)strlen(self);
		}
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd < 0)
			return false;
		n = read(fd, owner, sizeof(owner) - 1);
		close(fd);
		owner[n > 0 ? n : 0] = 0;
		if (!strcmp(owner, self))
			return true;
		if (paths_session_identity(owner, &pid, &start) && paths_start_ticks(pid) == start)
			return false;
		unlink(path);
	}
	return false;
}

void session_claim(void)
{
	char folder[PATHS_MAX];

	if (named_by_user && !claimed && getpid() == session.pid && session_folder(folder))
		claimed = claim(folder);
}

bool session_is_owner(void)
{
	pid_t pid;
	uint64_t start;

	if (getpid() != session.pid)
		return false;
	if (named_by_user)
		return claimed;
	return paths_session_identity(session_name(), &pid, &start) && pid == session.pid;
}
