/* SPDX-License-Identifier: MIT */
#include "leaving.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/path.h"
#include "../segment/folded.h"
#include "../segment/own_file.h"
#include "../segment/strangers.h"
#include "base.h"
#include "elsewhere.h"
#include "imports.h"
#include "run_page.h"
#include "notes.h"
#include "session.h"

struct behind {
	unsigned segments;
	bool more;
};

/* Others' segments, or word of some that are lost. */
static bool look_for_more(void *context, const char *file)
{
	struct behind *behind = context;
	const char *end = strrchr(file, '.');

	if (end && !strcmp(end, ".seg"))
		behind->segments++;
	behind->more |= behind->segments > own_file_made() || (end && !strcmp(end, ".lost"));
	return behind->more;
}

static bool has_more_records(void)
{
	struct folded_numbers folded;
	char folder[PATHS_MAX];
	char entries[1024] __attribute__((aligned(8)));
	struct behind behind = { .more = false };
	int fd;

	if (!session_folder(folder))
		return false;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	entries_each(fd, entries, sizeof(entries), look_for_more, &behind);
	folded = folded_read(fd, NULL);
	behind.more |= folded.unwatched || folded.apart;
	close(fd);
	return behind.more;
}

/* Any, also those that have ended and are not waited for yet. */
static bool has_children(void)
{
	siginfo_t info;

	return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

bool leaving_more_behind(void)
{
	int saved = errno;
	bool more = session_joined() && !session_is_member() && session_is_here() &&
		    (has_more_records() || has_children());

	errno = saved;
	return more;
}

/*
 * The folder of all sessions, where it was named and is not there yet: made by root now, it would
 * be closed to a program of that user, which is going to make its own.
 */
static bool is_left_to_others(const char *folder)
{
	char base[PATHS_MAX];

	strcpy(base, folder);
	*strrchr(base, '/') = 0;
	return variables.folder[0] && access(base, F_OK);
}

/* Some servers become a user for each request. */
static void mark(uid_t user)
{
	static uid_t marked;
	char folder[PATHS_MAX], base[PATHS_MAX];

	if (user == marked || !session_folder(folder) || is_left_to_others(folder))
		return;
	base_of_user(user, base);
	if (own_file_folders(folder) || strangers_mark(folder, user, base))
		return;
	run_page_became_user(folder);
	marked = user;
}

bool leaving_for_user(uid_t user)
{
	int saved = errno;

	if (!session_joined() || geteuid() || !user || user == (uid_t)-1)
		return false;
	mark(user);
	errno = saved;
	return leaving_more_behind();
}

/* An owner is asked itself, wherever it has gone. */
static bool is_owner_itself(void)
{
	return !session_is_member() && session_is_here();
}

void leaving_prepare(void)
{
	char folder[PATHS_MAX];
	int saved = errno;

	if (session_joined() && !is_owner_itself() && session_folder(folder) &&
		!own_file_folders(folder))
		elsewhere_keep(session_owner(), folder);
	errno = saved;
}

void leaving_prepare_for(unsigned flags)
{
	if (flags & CLONE_NEWPID) /* a child may have our number then, session_is_here() */
		fork_page_mark();
	if (flags & (CLONE_NEWNS | CLONE_NEWUSER))
		leaving_prepare();
}

void leaving_for_namespaces(unsigned flags)
{
	static unsigned so_far;

	so_far |= flags;
	if (session_joined() && (so_far & CLONE_NEWNS) && (so_far & (CLONE_NEWUSER | CLONE_NEWPID)))
		session_note_apart();
}

/* Some of the folders on the way may not be there yet; "/" itself hides nothing of this process. */
static bool is_on_the_way(const struct stat *place)
{
	char folder[PATHS_MAX];
	char *end;

	if (path_leads_to("/proc", place))
		return true;
	if (!session_folder(folder))
		return false;
	for (end = folder + strlen(folder); end > folder; end = strrchr(folder, '/')) {
		*end = 0;
		if (path_leads_to(folder, place))
			return true;
	}
	return false;
}

static bool hides(int folder, const char *place)
{
	struct stat found;
	int saved = errno;
	bool found_it = session_joined() && !fstatat(folder, place, &found, AT_EMPTY_PATH) &&
			is_on_the_way(&found);

	errno = saved;
	return found_it;
}

bool leaving_move_hides(int folder, const char *place)
{
	if (!hides(folder, place))
		return false;
	leaving_prepare();
	return true;
}

/* With the other flags what is mounted there already is changed. */
bool leaving_mount_hides(const char *place, unsigned long flags)
{
	const unsigned long changes =
		MS_REMOUNT | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

	return !(flags & changes) && leaving_move_hides(AT_FDCWD, place);
}

/* What is kept of a file would make the file system busy, so this is said before, too. */
bool leaving_unmount_hides(const char *place)
{
	if (!hides(AT_FDCWD, place))
		return false;
	session_note_hidden();
	return true;
}

#ifndef NS_GET_NSTYPE
#define NS_GET_NSTYPE _IO(0xb7, 0x3)
#endif

unsigned leaving_flags(int fd, int type)
{
	int saved = errno;

	if (!type)
		type = ioctl(fd, NS_GET_NSTYPE);
	errno = saved;
	return type > 0 ? (unsigned)type : 0;
}

static unsigned left;
static bool root_seen;  /* to change its root folder */
static uid_t user_seen; /* whom it became; 0: root, or nobody */

void leaving_done(enum leaving how, bool more)
{
	if (how == LEFT_ROOT_FOLDER)
		root_seen = true;
	else
		user_seen = geteuid();
	if (more)
		left |= how;
}

static bool as_another(void)
{
	return geteuid() != getauxval(AT_EUID);
}

static bool left_unseen(void)
{
	return imports_can_start_children() && ((as_another() && geteuid() != user_seen) ||
						       (!root_seen && own_file_root_changed()));
}

bool leaving_left_records(void)
{
	return session_is_here() &&
	       ((left & LEFT_ROOT_FOLDER) || ((left & LEFT_AS_USER) && as_another()) ||
		       left_unseen());
}
