/* SPDX-License-Identifier: MIT */
#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "segment/folded.h"

/* More than that are left out: work and memory stay bounded. */
enum { USERS_MAX = 1024, SESSIONS_MAX = 4096 };

static const char shared[] = "/dev/shm";

void names_release(struct names *names)
{
	if (names && !--names->users)
		free(names);
}

void image_release(struct image *image)
{
	if (!image || --image->users)
		return;
	names_release(image->names);
	arena_free(&image->arena);
	free(image);
}

static void free_file(struct segment_file *file)
{
	image_release(file->last);
	names_release(file->names);
	if (file->fd >= 0)
		close(file->fd);
	if (file->pidfd >= 0)
		close(file->pidfd);
}

static void free_session(struct session_folder *session)
{
	for (unsigned i = 0; i < session->n_files; i++)
		free_file(&session->files[i]);
	free(session->files);
}

static void free_user(struct user_folder *user)
{
	for (unsigned i = 0; i < user->n_sessions; i++)
		free_session(&user->sessions[i]);
	free(user->sessions);
}

void folders_free(struct folders *folders)
{
	for (unsigned i = 0; i < folders->n_users; i++)
		free_user(&folders->users[i]);
	free(folders->users);
	folders->users = NULL;
	folders->n_users = 0;
}

struct file_listing {
	struct segment_file *old, *files;
	unsigned n_old, n_files, next_old, unreadable, left_out, lost, most;
	uid_t uid;
};

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), wanted = strlen(end);

	return *name != '.' && length > wanted && !strcmp(name + length - wanted, end);
}

/* What was known of the file goes over to the new list. Folders mostly keep their order. */
static bool take_over(struct file_listing *listing, struct segment_file *file, const char *name,
	const struct stat *st)
{
	for (unsigned i = 0; i < listing->n_old; i++) {
		unsigned at = (listing->next_old + i) % listing->n_old;
		struct segment_file *old = &listing->old[at];

		if (strcmp(old->name, name) != 0)
			continue;
		if (old->inode != st->st_ino)
			return false;
		*file = *old;
		old->last = NULL;
		old->names = NULL;
		old->fd = old->pidfd = -1;
		listing->next_old = at + 1;
		return true;
	}
	return false;
}

static void add_file(void *context, int directory, const char *name)
{
	struct file_listing *listing = context;
	struct segment_file *file, found = { .fd = -1, .pidfd = -1, .wait_status = -1 };
	struct stat st;

	listing->lost += ends_in(name, ".lost");
	if (!ends_in(name, ".seg"))
		return;
	if (listing->n_files >= listing->most) {
		listing->left_out++;
		return;
	}
	if (strlen(name) >= sizeof(found.name) ||
		!paths_segment_identity(name, &found.pid, &found.start_ticks, &found.number)) {
		listing->unreadable++;
		return;
	}
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW))
		return; /* removed meanwhile */
	if (!S_ISREG(st.st_mode) || st.st_uid != listing->uid) {
		listing->unreadable++;
		return;
	}
	file = directory_grow((void **)&listing->files, listing->n_files, sizeof(*file));
	if (!file)
		return;
	strcpy(found.name, name);
	found.inode = st.st_ino;
	if (!take_over(listing, file, name, &st))
		*file = found;
	listing->n_files++;
}

static unsigned files_of(const struct user_folder *user)
{
	unsigned count = 0;

	for (unsigned i = 0; i < user->n_sessions; i++)
		count += user->sessions[i].n_files;
	return count;
}

static void list_files(
	struct user_folder *user, struct session_folder *session, int directory, uid_t uid)
{
	struct file_listing listing = { .old = session->files,
		.n_old = session->n_files,
		.uid = uid,
		.most = BUDGET_FILES + session->n_files - files_of(user) };

	/* Without the time for all of it, it is listed again. */
	session->listed = directory_list(directory, &user->budget, add_file, &listing);
	listing.left_out += !session->listed;
	free_session(session); /* what is left of the old list */
	session->files = listing.files;
	session->n_files = listing.n_files;
	session->unreadable = listing.unreadable;
	session->left_out = listing.left_out;
	session->unseen = snapshot_read_unseen(directory);
	session->summed_size = summed_size(directory);
	if (session->unseen.unrecorded < listing.lost)
		session->unseen.unrecorded = listing.lost;
}

static bool right_owner(const struct user_folder *user, const struct stat *st)
{
	return st->st_uid == user->place.owner || (user->owner == OWNER_ANY && geteuid() == 0);
}

static int open_session(const struct user_folder *user, const struct session_folder *session)
{
	struct stat st;
	int fd = directory_open(user->place.fd, session->name, &st);

	if (fd < 0 || right_owner(user, &st))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* Their number grows without a change of the folder. */
static void count_folded(struct user_folder *user, struct session_folder *session)
{
	int fd;

	if (!session->unseen.folded || !budget_time(&user->budget))
		return;
	fd = open_session(user, session);
	if (fd < 0)
		return;
	session->unseen.folded = folded_read(fd, NULL).processes;
	close(fd);
}

/* Lists the session's files where its folder has changed; false: it is not as it must be. */
static bool look_at_session(struct user_folder *user, struct session_folder *session)
{
	struct stat st;
	int fd;

	session->missed = 0;
	if (fstatat(user->place.fd, session->name, &st, AT_SYMLINK_NOFOLLOW)) {
		user->unreadable += errno != ENOENT;
		session->found = false;
		return false;
	}
	if (!S_ISDIR(st.st_mode) || !right_owner(user, &st)) {
		user->unreadable++;
		return false;
	}
	if (!directory_changed(&st, &session->changed, &session->listed)) {
		count_folded(user, session);
		return true;
	}
	if (!budget_time(&user->budget)) {
		session->listed = false;
		user->budget.left_out++;
		return true;
	}
	fd = open_session(user, session);
	if (fd < 0)
		return false;
	list_files(user, session, fd, st.st_uid);
	close(fd);
	return true;
}

int folders_open(const struct user_folder *user, const struct session_folder *session,
	const struct segment_file *file)
{
	int directory = open_session(user, session), fd, error;

	if (directory < 0)
		return -1;
	fd = snapshot_open(directory, file->name);
	error = errno;
	close(directory);
	errno = error;
	return fd;
}

bool folders_read_sum(struct user_folder *user, struct session_folder *session, struct arena *arena)
{
	struct summed *summed;
	int directory, status;

	session->summed = NULL;
	if (!session->summed_size)
		return true;
	/* In memory it is more than in the file. */
	if (!budget_take(&user->budget, 3 * session->summed_size))
		return false;
	directory = open_session(user, session);
	summed = arena_take(arena, sizeof(*summed));
	status = directory >= 0 && summed ? summed_read(summed, arena, directory) : -1;
	if (directory >= 0)
		close(directory);
	if (!status && summed->processes)
		session->summed = summed;
	return !status;
}

static void visit_one(struct user_folder *user, struct session_folder *session, enum visit kind,
	visit_session *visit, void *context)
{
	if (kind == VISIT_GONE || look_at_session(user, session))
		visit(context, kind, user, session);
}

struct session_listing {
	struct user_folder *user;
	unsigned next; /* where the next one is likely to be */
};

static struct session_folder *known_session(struct session_listing *listing, const char *name)
{
	struct user_folder *user = listing->user;

	for (unsigned i = 0; i < user->n_sessions; i++) {
		unsigned at = (listing->next + i) % user->n_sessions;

		if (strcmp(user->sessions[at].name, name) != 0)
			continue;
		listing->next = at + 1;
		return &user->sessions[at];
	}
	return NULL;
}

static void add_session(void *context, int directory, const char *name)
{
	struct session_listing *listing = context;
	struct user_folder *user = listing->user;
	struct session_folder *session;

	(void)directory;
	if (*name == '.')
		return;
	session = known_session(listing, name);
	if (!session) {
		if (!paths_session_valid(name))
			return;
		if (user->n_sessions >= SESSIONS_MAX) {
			user->left_out++;
			return;
		}
		session = directory_grow(
			(void **)&user->sessions, user->n_sessions, sizeof(*session));
		if (!session)
			return;
		strcpy(session->name, name);
		user->n_sessions++;
	}
	session->found = true;
}

static void list_sessions(struct user_folder *user)
{
	struct session_listing listing = { .user = user };

	user->left_out = 0;
	for (unsigned i = 0; i < user->n_sessions; i++)
		user->sessions[i].found = false;
	user->listed = directory_list(user->place.fd, &user->budget, add_session, &listing);
	user->left_out += !user->listed;
	/* What was not reached may be there still. */
	for (unsigned i = 0; !user->listed && i < user->n_sessions; i++)
		user->sessions[i].found = true;
}

static void drop_missing_sessions(struct user_folder *user)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < user->n_sessions; i++) {
		if (user->sessions[i].found)
			user->sessions[kept++] = user->sessions[i];
		else
			free_session(&user->sessions[i]);
	}
	user->n_sessions = kept;
}

static bool is_wanted(const struct folders *folders, const struct session_folder *session)
{
	return !folders->session || !strcmp(folders->session, session->name);
}

/* Opens the user's folder and lists it; false: there is none, or it is not as it must be. */
static bool open_user(struct folders *folders, struct user_folder *user)
{
	struct stat st;

	user->unreadable = 0;
	user->found = place_open(&user->place, user->path) == 0;
	if (!user->found) {
		folders->unreadable += errno != ENOENT;
		return false;
	}
	if (fstat(user->place.fd, &st)) {
		close(user->place.fd);
		return false;
	}
	if (directory_changed(&st, &user->changed, &user->listed))
		list_sessions(user);
	return true;
}

static void visit_user(
	struct folders *folders, struct user_folder *user, visit_session *visit, void *context)
{
	budget_begin(&user->budget, folders->allowance);
	if (!open_user(folders, user))
		return;
	/* From here on they stay where they are until the next sample. */
	drop_missing_sessions(user);
	for (int kind = 0; kind < VISITS; kind++)
		for (unsigned i = 0; i < user->n_sessions; i++)
			if (is_wanted(folders, &user->sessions[i]))
				visit_one(
					user, &user->sessions[i], (enum visit)kind, visit, context);
	close(user->place.fd);
	user->place.fd = -1;
}

static void add_user(struct folders *folders, const char *path, uid_t uid, enum owner owner)
{
	struct user_folder *user;

	for (unsigned i = 0; i < folders->n_users; i++)
		if (!strcmp(folders->users[i].path, path))
			return;
	if (folders->n_users >= USERS_MAX)
		return;
	user = directory_grow((void **)&folders->users, folders->n_users, sizeof(*user));
	if (!user)
		return;
	snprintf(user->path, sizeof(user->path), "%s", path);
	user->uid = uid;
	user->owner = owner;
	user->place.fd = -1;
	folders->n_users++;
}

/* gpuspy-UID in /dev/shm: the UID without a sign or leading zeros, as gpuspy writes it. */
static void add_named_user(void *context, int directory, const char *name)
{
	char expected[64], path[PATHS_MAX];
	unsigned long uid;

	(void)directory;
	if (strncmp(name, "gpuspy-", 7) != 0)
		return;
	uid = strtoul(name + 7, NULL, 10);
	snprintf(expected, sizeof(expected), "gpuspy-%lu", uid);
	if (strcmp(expected, name) != 0 || uid >= UINT32_MAX)
		return;
	snprintf(path, sizeof(path), "%s/%s", shared, name);
	add_user(context, path, (uid_t)uid, OWNER_OF_NAME);
}

static void find_users(struct folders *folders)
{
	char path[PATHS_MAX];
	int fd;

	if (folders->named) {
		if (paths_base(path, folders->named) == 0)
			add_user(folders, path, folders->uid, OWNER_ANY);
	} else if (folders->all_users) {
		fd = open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			directory_list(fd, NULL, add_named_user, folders);
			close(fd);
		}
	} else {
		snprintf(path, sizeof(path), "%s/gpuspy-%u", shared, (unsigned)folders->uid);
		add_user(folders, path, folders->uid, OWNER_OF_NAME);
	}
}

void folders_visit(struct folders *folders, visit_session *visit, void *context)
{
	folders->unreadable = 0;
	find_users(folders);
	for (unsigned i = 0; i < folders->n_users; i++)
		visit_user(folders, &folders->users[i], visit, context);
}

static bool lists(const struct session_folder *session, pid_t pid, uint64_t start_ticks)
{
	for (unsigned i = 0; i < session->n_files; i++)
		if (session->files[i].pid == pid && session->files[i].start_ticks == start_ticks)
			return true;
	return false;
}

bool folders_list(const struct folders *folders, pid_t pid, uint64_t start_ticks)
{
	for (unsigned i = 0; i < folders->n_users; i++)
		for (unsigned k = 0; k < folders->users[i].n_sessions; k++)
			if (is_wanted(folders, &folders->users[i].sessions[k]) &&
				lists(&folders->users[i].sessions[k], pid, start_ticks))
				return true;
	return false;
}

static void add_session_sums(struct folders_sums *sums, const struct session_folder *session)
{
	sums->unreadable += session->unreadable;
	sums->left_out += session->left_out;
	for (unsigned i = 0; i < session->n_files; i++)
		sums->kept += (session->files[i].pidfd >= 0) + (session->files[i].fd >= 0);
}

struct folders_sums folders_sums(const struct folders *folders)
{
	struct folders_sums sums = { .unreadable = folders->unreadable };

	for (unsigned i = 0; i < folders->n_users; i++) {
		const struct user_folder *user = &folders->users[i];

		if (!user->found)
			continue;
		sums.unreadable += user->unreadable;
		sums.left_out += user->left_out + user->budget.left_out;
		for (unsigned k = 0; k < user->n_sessions; k++) {
			sums.others += !is_wanted(folders, &user->sessions[k]);
			add_session_sums(&sums, &user->sessions[k]);
		}
	}
	return sums;
}

struct asking {
	struct pollfd *fds;
	unsigned count;
};

typedef void each_file(struct segment_file *file, struct asking *asking);

static void for_each_pinned(struct folders *folders, each_file *act, struct asking *asking)
{
	for (unsigned i = 0; i < folders->n_users; i++)
		for (unsigned k = 0; k < folders->users[i].n_sessions; k++) {
			struct session_folder *session = &folders->users[i].sessions[k];

			for (unsigned f = 0; f < session->n_files; f++)
				if (session->files[f].pidfd >= 0)
					act(&session->files[f], asking);
		}
}

static void add_question(struct segment_file *file, struct asking *asking)
{
	if (asking->fds)
		asking->fds[asking->count] = (struct pollfd){ file->pidfd, POLLIN, 0 };
	asking->count++;
	file->there = false;
}

static void take_answer(struct segment_file *file, struct asking *asking)
{
	file->there = !asking->fds[asking->count++].revents;
}

void folders_ask(struct folders *folders)
{
	struct asking asking = { 0 };

	for_each_pinned(folders, add_question, &asking); /* how many */
	asking.fds = calloc(asking.count + 1u, sizeof(*asking.fds));
	if (!asking.fds)
		return; /* each is looked at more closely then */
	asking.count = 0;
	for_each_pinned(folders, add_question, &asking);
	if (poll(asking.fds, asking.count, 0) >= 0) {
		asking.count = 0;
		for_each_pinned(folders, take_answer, &asking);
	}
	free(asking.fds);
}
