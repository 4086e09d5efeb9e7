/* SPDX-License-Identifier: MIT */
#include "own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../ground/large.h"
#include "paths.h"

/*
 * Root may become another user, or change its root folder: then the file is there, and cannot be
 * opened any more. So a file of root's gets the length of some blocks more at once, which takes no
 * space. The same is done for who puts a filter of system calls in place, which may kill whoever
 * opens a file or makes it longer: from then on it is as one out of reach.
 */
enum { UNNAMED_MAX = PATHS_MAX + 8, BLOCKS_AHEAD = 256 };

LARGE static char path[PATHS_MAX];
LARGE static char new[UNNAMED_MAX]; /* what it is called until its header is there */
static bool in_file, first_in_folder;
static dev_t file_device; /* of the file that was mapped: another one may stand there later */
static ino_t file_number;
static uint64_t file_end;       /* its length, as far as this process has made it */
static bool out_of_reach;       /* it is there, and cannot be opened any more */
static bool shut;               /* nor is that to be tried */
static struct stat root_folder; /* when the file was made; 0: not known */

/* Whose a folder may be. */
enum folder_of { US, US_OR_ROOT };

/* -1 with errno; EXDEV: of somebody else, or a link. */
static int check_folder(const struct stat *st, enum folder_of of)
{
	if (S_ISLNK(st->st_mode))
		errno = EXDEV;
	else if (!S_ISDIR(st->st_mode))
		errno = ENOTDIR;
	else if (st->st_uid != geteuid() && !(of == US_OR_ROOT && st->st_uid == 0))
		errno = EXDEV;
	else
		return 0;
	return -1;
}

/*
 * A folder that is there or is made, and no link to one. umask(2) may take every bit of it away.
 * /dev/shm is open to all: somebody else may have made what stands there.
 */
static int have_folder(const char *folder, enum folder_of of, bool *made)
{
	struct stat st;

	*made = !mkdir(folder, 0700);
	if ((!*made && errno != EEXIST) || lstat(folder, &st) || check_folder(&st, of))
		return -1;
	return *made && (st.st_mode & 0700) != 0700 ? chmod(folder, 0700) : 0;
}

/* The folder of all sessions may be one that root made for everybody; a session's is its user's. */
static int make_folders(char *folder, bool *made)
{
	char *slash = strrchr(folder, '/');
	int status = 0;

	if (slash && slash != folder) {
		*slash = 0;
		status = have_folder(folder, US_OR_ROOT, made);
		*slash = '/';
	}
	return status ? status : have_folder(folder, US, made);
}

int own_file_folders(const char *folder)
{
	char writable[PATHS_MAX];
	bool made;

	if (!*folder || strlen(folder) >= sizeof(writable)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return make_folders(strcpy(writable, folder), &made);
}

bool own_file_size_allowed(uint64_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
		(limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= size))
		return true;
	errno = EFBIG;
	return false;
}

static int open_file(const char *name, int flags)
{
	return open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600);
}

static bool is_mapped_file(const struct stat *st)
{
	return st->st_dev == file_device && st->st_ino == file_number;
}

/* chroot(2): what stands at its path now has nothing to do with it. */
bool own_file_root_changed(void)
{
	struct stat now;

	return root_folder.st_ino && !lstat("/", &now) &&
	       (now.st_ino != root_folder.st_ino || now.st_dev != root_folder.st_dev);
}

/* It may be there all the same, and nobody has removed it. */
static bool may_be_there(int error)
{
	return error == EACCES || error == EPERM ||
	       ((error == ENOENT || error == ENOTDIR) && own_file_root_changed());
}

int own_file_open(void)
{
	struct stat now;
	int fd, error;

	if (!in_file)
		return -1; /* said when it was opened */
	if (shut) {
		out_of_reach = true;
		return -1;
	}
	fd = open_file(path, 0);
	error = errno;
	out_of_reach = fd < 0 && may_be_there(error);
	if (fd < 0) {
		if (!out_of_reach)
			gap(error == ENOENT ? GAP_REMOVED : gap_of_error(error));
		return -1;
	}
	/* Somebody may have removed the file and another stands there. */
	if (fstat(fd, &now) || !is_mapped_file(&now) ||
		(uint64_t)now.st_size < SEGMENT_BLOCKS_OFFSET) {
		close(fd);
		gap(GAP_REMOVED);
		return -1;
	}
	return fd;
}

bool own_file_out_of_reach(void)
{
	return in_file && out_of_reach;
}

uint64_t own_file_piece(void)
{
	enum { PIECE_LEAST = 16384 };
	static uint64_t size;

	if (!size) {
		long page = sysconf(_SC_PAGESIZE);

		size = page > PIECE_LEAST && page <= (long)SEGMENT_PAGE ? (uint64_t)page
									: PIECE_LEAST;
	}
	return size;
}

int own_file_reach(int fd, uint64_t end)
{
	if (end <= file_end)
		return 0;
	if (ftruncate(fd, (off_t)end))
		return -1;
	file_end = end;
	return 0;
}

/*
 * The kernel writes a word into each page, which gives it space: without any that is an error of
 * the call, where a store of our own would be a SIGBUS. Nobody knows of these pages yet.
 */
static int touch(char *address, uint64_t size)
{
	enum { PAGE_LEAST = 4096 };

	for (uint64_t at = 0; at < size; at += PAGE_LEAST) {
		uint64_t *word = (uint64_t *)(address + at);

		if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, word, sizeof(*word)))
			return ENOSPC;
		*word = 0;
	}
	return 0;
}

static int take_out_of_reach(void *address, uint64_t end, uint64_t size)
{
	if (end <= file_end)
		return touch(address, size);
	return EACCES;
}

int own_file_take(int fd, void *address, uint64_t offset, uint64_t size)
{
	if (fd >= 0)
		return posix_fallocate(fd, (off_t)offset, (off_t)size);
	return own_file_out_of_reach() ? take_out_of_reach(address, offset + size, size) : -1;
}

int own_file_private(void *address, uint64_t size, int error)
{
	if (mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED)
		return -1;
	if (error > 0)
		gap(gap_of_error(error));
	gap_add(GAP_PRIVATE, size);
	return 0;
}

int own_file_space(int fd, void *address, uint64_t offset, uint64_t size)
{
	int error = own_file_take(fd, address, offset, size);

	return error ? own_file_private(address, size, error) : 0;
}

static const uint64_t end_ahead = SEGMENT_BLOCKS_OFFSET + BLOCKS_AHEAD * SEGMENT_BLOCK_STRIDE;

static uint64_t first_end(void)
{
	return geteuid() == 0 && own_file_size_allowed(end_ahead) ? end_ahead
								  : SEGMENT_BLOCKS_OFFSET;
}

void own_file_reach_ahead(void)
{
	int fd = !shut && own_file_size_allowed(end_ahead) ? own_file_open() : -1;

	if (fd < 0)
		return;
	own_file_reach(fd, end_ahead); /* else there is room for less */
	close(fd);
}

void own_file_shut(void)
{
	shut = in_file;
}

bool own_file_is_shut(void)
{
	return shut;
}

/*
 * Without read-ahead: on ext4 a fault would read the holes around it, as far as the disk's
 * read_ahead_kb goes (2.7 ms a program at 8192, measured).
 */
void *own_file_map(int fd, uint64_t offset, uint64_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

	if (map != MAP_FAILED)
		madvise(map, size, MADV_RANDOM); /* else it is slower */
	return map;
}

/* With room for the parts before the blocks, mapped; MAP_FAILED with errno. */
static void *map_parts(int fd)
{
	int error;
	struct stat st;

	file_end = 0;
	error = own_file_reach(fd, first_end()) ? errno : 0;

	if (!error)
		error = posix_fallocate(fd, 0, SEGMENT_LIBRARIES_END);
	if (!error && (fstat(fd, &st) || ((st.st_mode & 0777) != 0600 && fchmod(fd, 0600))))
		error = errno;
	if (error) {
		errno = error;
		return MAP_FAILED;
	}
	file_device = st.st_dev;
	file_number = st.st_ino;
	if (lstat("/", &root_folder))
		root_folder.st_ino = 0;
	return own_file_map(fd, 0, SEGMENT_BLOCKS_OFFSET);
}

void *own_file_make(const char *folder, const char *name)
{
	void *map;
	int fd, error;

	in_file = out_of_reach = false;
	if (!*folder ||
		(size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path)) {
		*path = 0;
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (make_folders(strcpy(new, folder), &first_in_folder) ||
		!own_file_size_allowed(SEGMENT_BLOCKS_OFFSET))
		return NULL;
	stpcpy(stpcpy(new, path), ".new");
	fd = open_file(new, O_CREAT | O_EXCL);
	if (fd < 0)
		return NULL;
	map = map_parts(fd);
	error = errno;
	close(fd);
	if (map != MAP_FAILED)
		return map;
	unlink(new);
	errno = error;
	return NULL;
}

int own_file_name(void)
{
	int error;

	in_file = !rename(new, path);
	if (in_file)
		return 0;
	error = errno;
	unlink(new);
	errno = error;
	return -1;
}

void own_file_mark_lost(void)
{
	char mark[PATHS_MAX + 8];
	char *end;

	snprintf(mark, sizeof(mark), "%s", path);
	end = strrchr(mark, '.');
	if (!end || strcmp(end, ".seg") != 0)
		return;
	strcpy(end, ".lost");
	mknod(mark, S_IFREG | 0600, 0);
}

static bool file_is_there(void)
{
	struct stat st;

	errno = 0;
	return !lstat(path, &st) && is_mapped_file(&st);
}

bool own_file_lost(void)
{
	if (!in_file || file_is_there() || may_be_there(errno) ||
		(errno && errno != ENOENT && errno != ENOTDIR))
		return false;
	own_file_mark_lost();
	return true;
}

bool own_file_there(void)
{
	return in_file && file_is_there();
}

void own_file_remove(void)
{
	unlink(path);
	in_file = false;
}

bool own_file_made(void)
{
	return in_file;
}

bool own_file_is_first(void)
{
	return in_file && first_in_folder;
}
