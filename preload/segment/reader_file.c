/* SPDX-License-Identifier: MIT */
/* A segment's bytes from its file, which may be anybody's and anything. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "pieces.h"
#include "snapshot.h"

static int read_file(void *context, uint64_t offset, void *to, size_t size)
{
	int fd = *(int *)context;

	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, (char *)to + done, size - done, (off_t)(offset + done));

		/* A block that found no space is in its process's memory only: not in the file. */
		if (!got && offset >= SEGMENT_BLOCKS_OFFSET) {
			memset((char *)to + done, 0, size - done);
			return 0;
		}
		if (got <= 0)
			return -1;
		done += (size_t)got;
	}
	return 0;
}

/* Not every file system knows holes: then there are none. */
static uint64_t find_hole(void *context, uint64_t offset)
{
	off_t hole = lseek(*(int *)context, (off_t)offset, SEEK_HOLE);

	return hole < 0 ? UINT64_MAX : (uint64_t)hole;
}

static uint64_t find_data(void *context, uint64_t offset)
{
	off_t data = lseek(*(int *)context, (off_t)offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? UINT64_MAX : offset;
	return (uint64_t)data;
}

/* Enough is there to say of what version it is. */
static int check_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	if (st.st_uid != geteuid() && geteuid() != 0)
		return fail(EPERM);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < sizeof(struct segment_header) ||
		(uint64_t)st.st_size >
			SEGMENT_BLOCKS_OFFSET + SEGMENT_BLOCKS_MAX * SEGMENT_BLOCK_STRIDE)
		return fail(EINVAL);
	return 0;
}

int snapshot_open(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), error;

	if (fd < 0 || check_file(fd) == 0)
		return fd;
	error = errno;
	close(fd);
	return fail(error);
}

int snapshot_read_file(
	struct process_snapshot *out, struct arena *arena, int directory, const char *name)
{
	uint64_t start_ticks;
	struct stat st;
	unsigned image;
	pid_t pid;
	int fd, status, error;

	if (!paths_segment_identity(name, &pid, &start_ticks, &image))
		return fail(EINVAL);
	fd = snapshot_open(directory, name);
	if (fd < 0)
		return -1;
	status = snapshot_read(out, arena,
		(struct segment_source){
			.read = read_file, .context = &fd, .hole = find_hole, .data = find_data });
	if (!status &&
		(fstat(fd, &st) || (uint64_t)st.st_size < SEGMENT_BLOCKS_OFFSET ||
			out->pid != pid || out->start_ticks != start_ticks || out->image != image))
		status = fail(EINVAL);
	error = errno;
	close(fd);
	errno = error;
	return status;
}
