/* SPDX-License-Identifier: MIT */
#include "mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../ground/number.h"

/*
 * Since Linux 6.11 one asks for those that one wants (<linux/fs.h>, PROCMAP_QUERY); older headers
 * have no name for it.
 */
struct query {
	uint64_t size, flags, address;
	uint64_t start, end, rights, page_size, offset, inode;
	uint32_t device_major, device_minor, path_size, build_id_size;
	uint64_t path, build_id;
};

enum rights { READ = 1, WRITE = 2, RUN = 4, SHARED = 8 };

/* With NULL for the path it is not asked for. */
static int ask(int fd, struct query *query, enum rights rights, char *path)
{
	enum { OR_NEXT = 0x10, OF_A_FILE = 0x20 };

	*query = (struct query){ .size = sizeof(*query),
		.flags = OR_NEXT | OF_A_FILE | rights,
		.address = query->end,
		.path_size = path ? PATH_MAX : 0,
		.path = (uintptr_t)path };
	return ioctl(fd, _IOWR('f', 17, struct query), query);
}

static int ask_each(int fd, enum rights rights, char *path,
	void (*each)(void *context, const struct mapping *), void *context)
{
	enum { ALL = READ | WRITE | RUN | SHARED };
	struct query query = { .end = 0 };
	uint64_t last;

	do {
		last = query.end;
		while (!ask(fd, &query, rights, path)) {
			bool code = (query.rights & ALL) == (READ | RUN);

			last = query.end;
			each(context, &(struct mapping){ (uintptr_t)query.start, code, path });
		}
		/* A path of more than PATH_MAX is passed by. */
		query.end = last;
	} while (errno == ENAMETOOLONG && !ask(fd, &query, rights, NULL));
	return errno == ENOENT ? 0 : -1;
}

/* "7f0-7f1 r-xp 00001000 103:02 1234   /usr/lib/libcuda.so.1". */
static void read_line(
	const char *line, void (*each)(void *context, const struct mapping *), void *context)
{
	const char *path = strchr(line, '/'), *rights = strchr(line, ' '), *end;

	if (path && rights && rights < path)
		each(context, &(struct mapping){ (uintptr_t)number_read(line, 16, &end),
				      !strncmp(rights, " r-xp", 5), path });
}

static int read_lines(int fd, char *buffer, size_t size,
	void (*each)(void *context, const struct mapping *), void *context)
{
	size_t used = 0;
	ssize_t got;

	while ((got = read(fd, buffer + used, size - 1 - used)) > 0) {
		char *line = buffer, *end;

		used += (size_t)got;
		buffer[used] = 0;
		while ((end = strchr(line, '\n'))) {
			*end = 0;
			read_line(line, each, context);
			line = end + 1;
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
		if (used == size - 1)
			used = 0;
	}
	return got < 0 ? -1 : 0;
}

int mappings_each(char *buffer, size_t size, void (*each)(void *context, const struct mapping *),
	void *context)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), status;

	if (fd < 0)
		return -1;
	/* As far as an answer comes, all come: nobody is told of one both ways. */
	if (size >= PATH_MAX && !ask_each(fd, RUN, buffer, each, context))
		status = ask_each(fd, WRITE, buffer, each, context);
	else
		status = read_lines(fd, buffer, size, each, context);
	close(fd);
	return status;
}
