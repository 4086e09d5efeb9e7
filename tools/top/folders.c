#include "folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than that are counted as unreadable: work and memory stay bounded. */
enum { USERS_MAX = 1024, SESSIONS_MAX = 4096, FILES_MAX = 4096 };

static const char shared[] = "/dev/shm";

void image_release(struct image *image)
{
	if (!image || --image->users)
		return;
	arena_free(&image->arena);
	free(image);
}

static void free_file(struct segment_file *file)
{
	image_release(file->last);
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

/* Room for one more element at the end of an array; NULL: no memory. The element is zeroed. */
static void *grow(void **array, unsigned count, size_t size)
{
	void *more = realloc(*array, (count + (size_t)1) * size);

	if (!more)
		return NULL;
	*array = more;
	return memset((char *)more + count * size, 0, size);
}

/*
 * Has the folder changed since it was listed? A change within the clock's grain of the last one
 * leaves the same time, so a folder that has just changed is listed again.
 */
static bool changed(const struct stat *st, struct timespec *before, bool *listed)
{
	struct timespec now;
	bool fresh = !*listed || st->st_mtim.tv_sec != before->tv_sec ||
		     st->st_mtim.tv_nsec != before->tv_nsec;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - st->st_mtim.tv_sec < 2)
		fresh = true;
	*before = st->st_mtim;
	*listed = true;
	return fresh;
}

static int open_folder(int directory, const char *name, struct stat *st)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, st)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Calls `entry` for each name in an open folder. */
static void list(
	int directory, void (*entry)(void *context, int directory, const char *name), void *context)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *next;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((next = readdir(stream)))
		entry(context, directory, next->d_name);
	closedir(stream);
}

struct file_listing {
	struct segment_file *old, *files;
	unsigned n_old, n_files, unreadable;
	uid_t uid;
};

static bool is_segment(const char *name)
{
	size_t length = strlen(name);

	return *name != '.' && length > 4 && !strcmp(name + length - 4, ".seg");
}

/* What was known of the file goes over to the new list. */
static bool take_over(struct file_listing *listing, struct segment_file *file, const char *name)
{
	for (unsigned i = 0; i < listing->n_old; i++) {
		struct segment_file *old = &listing->old[i];

		if (strcmp(old->name, name) != 0)
			continue;
		*file = *old;
		old->last = NULL;
		old->pidfd = -1;
		return true;
	}
	return false;
}

static void add_file(void *context, int directory, const char *name)
{
	struct file_listing *listing = context;
	struct segment_file *file, found = { .pidfd = -1, .wait_status = -1 };
	struct stat st;

	if (!is_segment(name))
		return;
	if (listing->n_files >= FILES_MAX || strlen(name) >= sizeof(found.name) ||
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
	file = grow((void **)&listing->files, listing->n_files, sizeof(*file));
	if (!file)
		return;
	strcpy(found.name, name);
	if (!take_over(listing, file, name))
		*file = found;
	listing->n_files++;
}

static void list_files(struct session_folder *session, int directory, uid_t uid)
{
	struct file_listing listing = {
		.old = session->files, .n_old = session->n_files, .uid = uid
	};

	list(directory, add_file, &listing);
	free_session(session); /* what is left of the old list */
	session->files = listing.files;
	session->n_files = listing.n_files;
	session->unreadable = listing.unreadable;
}

static void visit_one(struct user_folder *user, struct session_folder *session, int directory,
	visit_session *visit, void *context)
{
	struct stat st;
	int fd = open_folder(directory, session->name, &st);

	if (fd < 0) {
		user->unreadable += errno != ENOENT;
		session->found = false;
		return;
	}
	if (user->any_owner ? st.st_uid != geteuid() && geteuid() != 0 : st.st_uid != user->uid) {
		user->unreadable++;
	} else {
		if (changed(&st, &session->changed, &session->listed))
			list_files(session, fd, st.st_uid);
		visit(context, user, session, fd);
	}
	close(fd);
}

static void add_session(void *context, int directory, const char *name)
{
	struct user_folder *user = context;
	struct session_folder *session = NULL;

	(void)directory;
	if (*name == '.')
		return;
	for (unsigned i = 0; !session && i < user->n_sessions; i++)
		if (!strcmp(user->sessions[i].name, name))
			session = &user->sessions[i];
	if (!session) {
		if (user->n_sessions >= SESSIONS_MAX || !paths_session_valid(name))
			return;
		session = grow((void **)&user->sessions, user->n_sessions, sizeof(*session));
		if (!session)
			return;
		strcpy(session->name, name);
		user->n_sessions++;
	}
	session->found = true;
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

static void visit_user(
	struct folders *folders, struct user_folder *user, visit_session *visit, void *context)
{
	struct stat st;
	int fd = open_folder(AT_FDCWD, user->path, &st);

	user->unreadable = 0;
	user->found = fd >= 0;
	if (fd < 0) {
		folders->unreadable += errno != ENOENT;
		return;
	}
	if (!user->any_owner && st.st_uid != user->uid) {
		folders->unreadable++;
		close(fd);
		return;
	}
	if (changed(&st, &user->changed, &user->listed)) {
		for (unsigned i = 0; i < user->n_sessions; i++)
			user->sessions[i].found = false;
		list(fd, add_session, user);
	}
	for (unsigned i = 0; i < user->n_sessions; i++)
		if (!folders->session || !strcmp(folders->session, user->sessions[i].name))
			visit_one(user, &user->sessions[i], fd, visit, context);
	drop_missing_sessions(user);
	close(fd);
}

static void add_user(struct folders *folders, const char *path, uid_t uid, bool any_owner)
{
	struct user_folder *user;

	for (unsigned i = 0; i < folders->n_users; i++)
		if (!strcmp(folders->users[i].path, path))
			return;
	if (folders->n_users >= USERS_MAX)
		return;
	user = grow((void **)&folders->users, folders->n_users, sizeof(*user));
	if (!user)
		return;
	snprintf(user->path, sizeof(user->path), "%s", path);
	user->uid = uid;
	user->any_owner = any_owner;
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
	add_user(context, path, (uid_t)uid, false);
}

static void find_users(struct folders *folders)
{
	char path[PATHS_MAX];
	int fd;

	if (folders->named) {
		if (paths_base(path, folders->named) == 0)
			add_user(folders, path, folders->uid, true);
	} else if (folders->all_users) {
		fd = open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			list(fd, add_named_user, folders);
			close(fd);
		}
	} else {
		snprintf(path, sizeof(path), "%s/gpuspy-%u", shared, (unsigned)folders->uid);
		add_user(folders, path, folders->uid, false);
	}
}

void folders_visit(struct folders *folders, visit_session *visit, void *context)
{
	folders->unreadable = 0;
	find_users(folders);
	for (unsigned i = 0; i < folders->n_users; i++)
		visit_user(folders, &folders->users[i], visit, context);
}

unsigned folders_unreadable(const struct folders *folders)
{
	unsigned count = folders->unreadable;

	for (unsigned i = 0; i < folders->n_users; i++) {
		count += folders->users[i].unreadable;
		for (unsigned k = 0; k < folders->users[i].n_sessions; k++)
			count += folders->users[i].sessions[k].unreadable;
	}
	return count;
}

unsigned folders_pinned(const struct folders *folders)
{
	unsigned count = 0;

	for (unsigned i = 0; i < folders->n_users; i++)
		for (unsigned k = 0; k < folders->users[i].n_sessions; k++)
			for (unsigned f = 0; f < folders->users[i].sessions[k].n_files; f++)
				count += folders->users[i].sessions[k].files[f].pidfd >= 0;
	return count;
}
