#include "session.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "housekeeping.h"
#include "output.h"
#include "program.h"
#include "../segment/gaps.h"

struct session session;

static char wanted[SESSION_NAME_MAX]; /* GPUSPY_SESSION, "": none of use */
static char name[SESSION_NAME_MAX];   /* "": not worked out yet */
static char base[PATHS_MAX];
static char output[PATHS_MAX];
static bool named_by_user, claimed;

/* What is wrong with the variables: said by the session's owner and not by every sed. */
enum { BAD_REPORT = 1, BAD_SESSION = 2, BAD_DIR = 4, BAD_OUTPUT = 8, BAD_DISABLE = 16 };
static unsigned bad;

/*
 * What forked children of this process, and theirs, tell it, in memory that all of them share: who
 * of them made a segment, and whether one of those is in no file. Beyond CHILDREN_MAX children only
 * their number is known.
 */
enum { CHILDREN_MAX = 1000 };
static struct children {
	uint32_t without_file, segments;
	pid_t pids[CHILDREN_MAX];
} * children;

static const char *variable(const char *which)
{
	const char *value = getenv(which);

	return value && *value ? value : NULL;
}

static enum report_rule read_rule(void)
{
	static const char *const words[] = { "auto", "always", "never" };
	const char *value = variable("GPUSPY_REPORT");

	if (!value)
		return REPORT_AUTO;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(value, words[i]))
			return (enum report_rule)i;
	bad |= BAD_REPORT;
	return REPORT_AUTO;
}

/* A relative name is meant from where the program was started, wherever it goes. */
static const char *read_output(void)
{
	const char *value = variable("GPUSPY_OUTPUT");
	size_t used = 0;

	if (!value)
		return NULL;
	if (*value != '/' && getcwd(output, sizeof(output) - 1)) {
		used = strlen(output);
		output[used++] = '/';
	}
	if (used + strlen(value) < sizeof(output)) {
		strcpy(output + used, value);
		return output;
	}
	bad |= BAD_OUTPUT;
	return NULL;
}

static void read_base(void)
{
	const char *value = variable("GPUSPY_DIR");

	if (!paths_base(base, value))
		return;
	bad |= BAD_DIR;
	paths_base(base, NULL);
}

static void read_wanted(void)
{
	const char *value = variable("GPUSPY_SESSION");
	const char *disable = variable("GPUSPY_DISABLE");
	uint64_t start;
	pid_t pid;

	if (disable && strcmp(disable, "0") != 0)
		bad |= BAD_DISABLE;
	if (!value)
		return;
	if (!paths_session_valid(value)) {
		bad |= BAD_SESSION;
		return;
	}
	strcpy(wanted, value);
	named_by_user = !paths_session_identity(wanted, &pid, &start);
}

/* Another user's session cannot be joined: its folder is not ours. */
static bool is_alive_and_ours(pid_t pid, uint64_t start)
{
	char file[32];
	struct stat st;

	snprintf(file, sizeof(file), "/proc/%d", (int)pid);
	return paths_start_ticks(pid) == start && !stat(file, &st) &&
	       (st.st_uid == geteuid() || pid == getpid());
}

const char *session_name(void)
{
	uint64_t start;
	pid_t pid;

	if (name[0])
		return name;
	if (named_by_user ||
		(paths_session_identity(wanted, &pid, &start) && is_alive_and_ours(pid, start)))
		return strcpy(name, wanted);
	snprintf(name, sizeof(name), "%d-%llu", (int)session.pid,
		(unsigned long long)paths_start_ticks(session.pid));
	return name;
}

void session_begin(void)
{
	void *page = mmap(
		NULL, sizeof(*children), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	children = page == MAP_FAILED ? NULL : page;
	session.pid = getpid();
	session.rule = read_rule();
	session.output = read_output();
	read_base();
	read_wanted();
	session.interpreter = program_is_asked_about();
}

void session_tell(void)
{
	if (strcmp(session_name(), wanted) != 0)
		setenv("GPUSPY_SESSION", session_name(), 1);
}

bool session_folder(char path[PATHS_MAX])
{
	return (size_t)snprintf(path, PATHS_MAX, "%s/%s", base, session_name()) < PATHS_MAX;
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

/* PID-START of this process. */
static void write_self(char self[SESSION_NAME_MAX])
{
	snprintf(self, SESSION_NAME_MAX, "%d-%llu", (int)getpid(),
		(unsigned long long)paths_start_ticks(getpid()));
}

static void read_owner(const char *folder, char owner[SESSION_NAME_MAX])
{
	char path[PATHS_MAX + 8];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/owner", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, owner, SESSION_NAME_MAX - 1);
		close(fd);
	}
	owner[n > 0 ? n : 0] = 0;
}

/* Under the folder's lock. The owner is the first process, or the first after the owner's end. */
static bool claim(const char *folder)
{
	char path[PATHS_MAX + 8], self[SESSION_NAME_MAX], owner[SESSION_NAME_MAX];
	uint64_t start;
	pid_t pid;

	write_self(self);
	read_owner(folder, owner);
	if (!strcmp(owner, self))
		return true;
	if (paths_session_identity(owner, &pid, &start) && is_alive_and_ours(pid, start))
		return false;
	snprintf(path, sizeof(path), "%s/owner", folder);
	unlink(path);
	return output_file(path, false, self, strlen(self));
}

/* The lock is held for microseconds; who holds it longer was stopped there, and owns it. */
static bool lock_folder(int fd)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return true;
		sched_yield();
	}
	return false;
}

static void claim_locked(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	claimed = lock_folder(fd) && claim(folder);
	close(fd);
}

static void say_what_is_bad(void)
{
	static const char *const words[] = {
		"GPUSPY_REPORT is none of auto, always, never: auto is used",
		"GPUSPY_SESSION is no name of 1 to 64 letters, digits, . _ -: ignored",
		"GPUSPY_DIR is no absolute path of less than 1024 bytes: ignored",
		"GPUSPY_OUTPUT is too long: the report comes here",
		"GPUSPY_DISABLE is neither 0 nor 1: ignored",
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bad & 1u << i)
			output_warning(words[i]);
	bad = 0;
}

void session_opens(void)
{
	char folder[PATHS_MAX];

	if (getpid() != session.pid)
		return;
	if (session_folder(folder) && access(folder, F_OK))
		housekeeping(base);
	if (bad && (session_is_owner() || named_by_user))
		say_what_is_bad();
}

static void tell_forker(bool in_file)
{
	uint32_t number;

	if (getpid() == session.pid || !children)
		return;
	number = __atomic_fetch_add(&children->segments, 1, __ATOMIC_RELAXED);
	if (number < CHILDREN_MAX)
		__atomic_store_n(&children->pids[number], getpid(), __ATOMIC_RELAXED);
	if (!in_file)
		__atomic_store_n(&children->without_file, 1, __ATOMIC_RELAXED);
}

void session_opened(bool in_file)
{
	char folder[PATHS_MAX];

	tell_forker(in_file);
	if (!in_file || !session_folder(folder)) {
		claimed = named_by_user; /* what this process did, nobody else can report */
		return;
	}
	housekeeping_mark(folder);
	if (named_by_user && !claimed && getpid() == session.pid)
		claim_locked(folder);
}

/* An earlier image of this process, before an exec, may have claimed the session. */
static bool claimed_before(void)
{
	char folder[PATHS_MAX], self[SESSION_NAME_MAX], owner[SESSION_NAME_MAX];

	if (!session_folder(folder))
		return false;
	read_owner(folder, owner);
	if (!owner[0])
		return false;
	write_self(self);
	return !strcmp(owner, self);
}

void session_lost_file(void)
{
	gap(GAP_REMOVED);
	if (getpid() != session.pid && children)
		__atomic_store_n(&children->without_file, 1, __ATOMIC_RELAXED);
}

unsigned session_lost_children(bool (*has_record)(void *context, pid_t pid), void *context)
{
	uint32_t n;
	unsigned lost;

	if (getpid() != session.pid || !children)
		return 0;
	n = __atomic_load_n(&children->segments, __ATOMIC_RELAXED);
	lost = __atomic_load_n(&children->without_file, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < n && i < CHILDREN_MAX; i++) {
		pid_t pid = __atomic_load_n(&children->pids[i], __ATOMIC_RELAXED);

		if (pid && !has_record(context, pid))
			return 1;
	}
	return lost;
}

bool session_is_owner(void)
{
	uint64_t start;
	pid_t pid;

	if (getpid() != session.pid)
		return false;
	if (named_by_user)
		return claimed || claimed_before();
	return paths_session_identity(session_name(), &pid, &start) && pid == session.pid;
}

bool session_has_segments(void)
{
	char folder[PATHS_MAX];
	uint64_t start;
	pid_t pid;

	if (children && __atomic_load_n(&children->segments, __ATOMIC_RELAXED))
		return true;
	if (named_by_user)
		return true;
	/* Of its own session an earlier image of this process, before an exec, told the others. */
	return paths_session_identity(wanted, &pid, &start) && pid == session.pid &&
	       session_folder(folder) && !access(folder, F_OK);
}
