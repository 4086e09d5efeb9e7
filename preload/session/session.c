/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/ticks.h"
#include "../segment/alive.h"
#include "../segment/folded.h"
#include "../segment/own_file.h"
#include "../segment/gaps.h"
#include "base.h"
#include "children.h"
#include "claim.h"
#include "config.h"
#include "elsewhere.h"
#include "environment.h"
#include "housekeeping.h"
#include "imports.h"
#include "job.h"
#include "output.h"
#include "pass_on.h"
#include "program.h"
#include "word.h"
#include "workers.h"

struct session session;

/* Alone: the session is this process's, and what it starts does not know of it. */
static enum role { ALONE, OWNER, MEMBER } role;

static char name[SESSION_NAME_MAX];   /* "": not worked out yet */
static char wanted[SESSION_NAME_MAX]; /* PID-TIME-PLACE of the owner, as the environment has it */
static char origin[SESSION_NAME_MAX]; /* the same, of an owner that is elsewhere; "": it is not */
static char of_another[SESSION_NAME_MAX]; /* the same, of who is another user now */
static bool named_by_user;
static bool asked_for, claimed, in_list;       /* the claim to a session that the user named */
static const char *told_in = "GPUSPY_SESSION"; /* the variable that has the owner */
static bool earlier_image; /* before an exec this process owned the session, and had children */

/* Cheap, and enough for a program that has nothing to count; session_name() looks closer. */
static bool seems_alive(pid_t pid)
{
	int saved = errno;
	bool alive = !kill(pid, 0);

	errno = saved;
	return alive;
}

/* Says the owner to all that is started. */
static void tell(void)
{
	static char assignment[32 + SESSION_NAME_MAX];
	char *end = stpcpy(assignment, told_in);

	*end++ = '=';
	strcpy(end, wanted);
	environment_put(assignment);
}

static void keep_anothers(void)
{
	uint64_t time;
	pid_t pid;
	int saved = errno;

	if (paths_session_identity(wanted, &pid, &time) && kill(pid, 0) && errno == EPERM)
		strcpy(of_another, wanted);
	errno = saved;
}

static void become_owner(void)
{
	keep_anothers();
	role = OWNER;
	alive_name(wanted, session.pid, ticks_now());
	if (!named_by_user)
		strcpy(name, wanted);
	tell();
}

/* Another user's session cannot be joined: its folder is not ours. */
static bool is_alive_and_ours(void)
{
	char file[32];
	uint64_t time;
	struct stat st;
	pid_t pid;

	if (!paths_session_identity(wanted, &pid, &time))
		return false;
	snprintf(file, sizeof(file), "/proc/%d", (int)pid);
	return alive_owner(wanted) && !stat(file, &st) && st.st_uid == geteuid();
}

/* What the variables say of an owner; one elsewhere has no process here, whatever has its number.
 */
static bool join(void)
{
	uint64_t time;
	pid_t pid;

	if (!paths_session_identity(wanted, &pid, &time))
		return false;
	if (!alive_named_here(wanted)) {
		strcpy(origin, wanted);
		return false;
	}
	earlier_image = pid == session.pid;
	if (earlier_image)
		session.began = ticks_now();
	role = earlier_image ? OWNER : MEMBER;
	if (!earlier_image && !seems_alive(pid))
		return false;
	/* What is going to have a segment at once must know before it starts others. */
	if (named_by_user || !session.interpreter)
		return true;
	return earlier_image ? alive_owner(wanted) : is_alive_and_ours();
}

/* What the user wrote there stays, and the owner is beside it. */
static void read_names(void)
{
	const char *value = variable("GPUSPY_SESSION");
	uint64_t time;
	pid_t pid;

	if (value && !paths_session_identity(value, &pid, &time)) {
		told_in = "GPUSPY_OWNER";
		named_by_user = paths_session_valid(value);
		if (named_by_user)
			strcpy(name, value);
		value = variable(told_in);
	}
	if (value && paths_session_valid(value))
		strcpy(wanted, value);
}

/* `gpuspy run bash`: what is typed there is to be in that one report. */
static bool owner_is_gpuspy(void)
{
	char file[32], text[8] = "";
	uint64_t time;
	pid_t pid;
	int fd;

	if (!paths_session_identity(wanted, &pid, &time))
		return false;
	snprintf(file, sizeof(file), "/proc/%d/comm", (int)pid);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return !strcmp(text, "gpuspy\n");
}

struct word session_word(bool (*write)(const char *folder))
{
	return (struct word){ wanted, named_by_user ? name : wanted, write };
}

/*
 * A member whose owner has ended, or is another user, goes on by itself, and those who read the
 * session are to know.
 */
static void leave_session(void)
{
	struct word word = session_word(folded_add_apart);
	int saved = errno;

	if (wanted[0] && !word_where_it_began(&word) && alive_owner(wanted))
		word_here(&word);
	errno = saved;
}

/* What others type or send in a program that somebody's session started is not part of that. */
static void stand_alone(void)
{
	role = ALONE;
	if (wanted[0])
		environment_remove(told_in);
	wanted[0] = 0;
}

/* Others' processes are not part of it, and those of a late owner are to be watched as well. */
static void find_role(void)
{
	bool for_others = program_is_for_others(), joined = join();

	if (joined && (!for_others || program_waits_for_others() || owner_is_gpuspy())) {
		if (earlier_image && !named_by_user)
			strcpy(name, wanted);
		return;
	}
	earlier_image = false;
	/* What is typed in a shell, nobody takes for the session's; but `xterm -e train`? */
	if (for_others && joined && !program_is_typed_in())
		leave_session();
	if (for_others)
		stand_alone();
	else
		become_owner();
}

void session_begin(bool late)
{
	unsigned workers;

	session.pid = getpid();
	if (session.pid == 1) /* it may have a child of that number, session_is_here() */
		fork_page_mark();
	session.late = late;
	imports_begin();
	if (imports_can_start_children())
		children_share();
	variables_read();
	read_names();
	session.interpreter = program_is_asked_about();
	session.late_in_r = late && program_has_r();
	find_role();
	if (late && role != ALONE && !pass_on())
		gap(GAP_NOT_PASSED_ON);
	if (late && role != ALONE && (workers = workers_before()))
		gap_add(GAP_WORKERS_BEFORE, workers);
}

const char *session_name(void)
{
	if (name[0])
		return name;
	if (role == MEMBER && is_alive_and_ours())
		return strcpy(name, wanted);
	if (role == MEMBER)
		leave_session();
	role = ALONE;
	output_begin_late();
	/* The same in a forked child, which may ask first. */
	alive_name(name, session.pid, paths_start_ticks(session.pid));
	return name;
}

bool session_folder(char path[PATHS_MAX])
{
	size_t length;

	if (!base_now(path))
		return false;
	length = strlen(path);
	if (length + 1 + strlen(session_name()) >= PATHS_MAX)
		return false;
	path[length] = '/';
	strcpy(path + length + 1, session_name());
	return true;
}

void session_segment(
	char file[PATHS_MAX], unsigned *image, const char *folder, uint64_t start_ticks)
{
	LARGE static char path[2 * PATHS_MAX];

	/* The images before this one, by exec, left theirs. */
	for (*image = 0; *image < 10000; ++*image) {
		snprintf(file, PATHS_MAX, "%d-%llu-%u.seg", (int)getpid(),
			(unsigned long long)start_ticks, *image);
		snprintf(path, sizeof(path), "%s/%s", folder, file);
		if (access(path, F_OK))
			return;
	}
}

void session_opens(void)
{
	LARGE static char path[PATHS_MAX];

	if (!session_is_here())
		return;
	if (session_folder(path) && access(path, F_OK)) {
		*strrchr(path, '/') = 0;
		housekeeping(path);
	}
	if (variables_are_bad() && (role != MEMBER || named_by_user))
		variables_say_bad();
}

enum record { IN_MEMORY, IN_FILE };

static void claim_once(enum record record)
{
	char folder[PATHS_MAX];

	if (!session_is_here() || role == MEMBER || !named_by_user || asked_for)
		return;
	/* What this process did in private memory, nobody else can report. */
	asked_for = true;
	claimed = record == IN_MEMORY || !session_folder(folder);
	in_list = !claimed && claim_session(folder);
	claimed |= in_list;
}

/* Asked at the end, perhaps twice: whoever says it first has left the list. */
static bool is_last(void)
{
	char folder[PATHS_MAX];

	if (in_list && session_folder(folder)) {
		claimed = claim_was_last(folder);
		in_list = false;
	}
	return claimed;
}

/* Whoever makes the session's folder, or could make no file in it, may not be where its owner is.
 */
static void tell_owner(bool in_file)
{
	char folder[PATHS_MAX];

	if (role == MEMBER && (!in_file || own_file_is_first()) && session_folder(folder))
		elsewhere_tell(wanted, folder);
}

void session_opened(bool in_file)
{
	tell_owner(in_file);
	children_tell(in_file);
	claim_once(in_file ? IN_FILE : IN_MEMORY);
}

void session_lost_file(void)
{
	gap(GAP_REMOVED);
	children_tell_lost();
}

bool session_is_owner(void)
{
	session_name(); /* of a member it may turn out that its owner is gone */
	if (!session_is_here() || role == MEMBER)
		return false;
	claim_once(IN_FILE); /* by those that it started, if not by itself */
	return !named_by_user || is_last();
}

bool session_may_fold(int32_t fold_by)
{
	return fold_by <= 0 || fold_by == session.pid || !seems_alive(fold_by);
}

bool session_is_member(void)
{
	return role == MEMBER;
}

bool session_wants_interpreter(void)
{
	char folder[PATHS_MAX];

	return variables.rule != REPORT_NEVER || role != MEMBER || !session_folder(folder) ||
	       access(folder, F_OK);
}

const char *session_owner(void)
{
	return wanted;
}

const char *session_variable_of_earlier(void)
{
	return earlier_image ? told_in : NULL;
}

bool session_is_in_child(void)
{
	return imports_can_start_children() && !session_is_here();
}

bool session_joined(void)
{
	return session.pid && role != ALONE;
}

/* Not in a sandbox with other numbers of processes, nor without /proc (chroot(2)). */
static bool owner_is_in_sight(void)
{
	uint64_t time;
	pid_t pid;

	return paths_session_identity(wanted, &pid, &time) && seems_alive(pid) &&
	       !(pid == getpid() && !fork_is_first()) && alive_owner(wanted);
}

bool session_is_told(const char *given, const char *owner)
{
	if (!strcmp(told_in, "GPUSPY_SESSION"))
		return given && !strcmp(given, wanted);
	return given && owner && !strcmp(owner, wanted) &&
	       (named_by_user ? !strcmp(given, name) : !paths_session_valid(given));
}

bool session_can_be_joined(void)
{
	return geteuid() == getauxval(AT_EUID) && owner_is_in_sight();
}

const char *session_of_another(void)
{
	return of_another[0] ? of_another : NULL;
}

const char *session_origin(void)
{
	return origin[0] ? origin : NULL;
}

/* Who started it elsewhere looks for what it did. */
bool session_is_for_record(void)
{
	return (config.records || origin[0]) && role == OWNER && job_is_there();
}
