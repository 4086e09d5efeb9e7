/* SPDX-License-Identifier: MIT */
#include "connections.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/large.h"
#include "../ground/number.h"

enum { THEIRS_MAX = 256, OURS_MAX = 1024 };

LARGE static struct {
	struct their_socket {
		uint64_t inode;
		int descriptor;
	} theirs[THEIRS_MAX];
	struct our_connection {
		uint16_t here, there; /* ports */
		bool answered;
	} ours[OURS_MAX];
	unsigned n_theirs, n_ours;
	bool too_many;
	int folder, descriptor;
	bool all_answered;
} look;

static bool look_at_theirs(void *context, const char *name)
{
	static const char start[] = "socket:[";
	char link[64];
	const char *end;
	ssize_t n = readlinkat(look.folder, name, link, sizeof(link) - 1);

	(void)context;
	link[n > 0 ? n : 0] = 0;
	if (strncmp(link, start, sizeof(start) - 1) != 0)
		return false;
	look.too_many |= look.n_theirs == THEIRS_MAX;
	if (look.too_many)
		return true;
	look.theirs[look.n_theirs++] =
		(struct their_socket){ number_read(link + sizeof(start) - 1, 10, &end),
			(int)number_read(name, 10, &end) };
	return false;
}

/*
 * Each call gets an answer, so what was sent last is older than what came last, and nothing else
 * was acknowledged since. Milliseconds ago; within one tick of the kernel they are alike, and more
 * than that cannot be told.
 */
static bool is_answered(const struct tcp_info *of)
{
	return !of->tcpi_unacked && of->tcpi_last_data_sent >= of->tcpi_last_data_recv &&
	       of->tcpi_last_ack_recv >= of->tcpi_last_data_recv;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static uint16_t port_of(const union address *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohs(address->v4.sin_port);
	return address->any.sa_family == AF_INET6 ? ntohs(address->v6.sin6_port) : 0;
}

static bool look_at_ours(void *context, const char *name)
{
	union address here = { .any.sa_family = AF_UNSPEC }, there = here;
	socklen_t of_here = sizeof(here), of_there = sizeof(there);
	struct tcp_info info = { 0 };
	socklen_t of_info = sizeof(info);
	const char *end;
	int fd = (int)number_read(name, 10, &end);

	(void)context;
	if (getsockname(fd, &here.any, &of_here) || !port_of(&here) ||
		getpeername(fd, &there.any, &of_there) ||
		getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &of_info) ||
		info.tcpi_state != TCP_ESTABLISHED)
		return false;
	look.too_many |= look.n_ours == OURS_MAX;
	if (look.too_many)
		return true;
	look.ours[look.n_ours++] =
		(struct our_connection){ port_of(&here), port_of(&there), is_answered(&info) };
	return false;
}

static void meet(uint16_t their_port, uint16_t our_port, uint64_t inode)
{
	int descriptor = -1;

	for (unsigned i = 0; i < look.n_theirs; i++)
		if (look.theirs[i].inode == inode)
			descriptor = look.theirs[i].descriptor;
	for (unsigned i = 0; descriptor >= 0 && i < look.n_ours; i++) {
		if (look.ours[i].there != their_port || look.ours[i].here != our_port)
			continue;
		look.descriptor = descriptor;
		look.all_answered &= look.ours[i].answered;
	}
}

/* "0100007F:2C48": the port behind the address; what follows. */
static const char *read_port(const char *at, uint16_t *port)
{
	const char *colon = strchr(at, ':');

	*port = colon ? (uint16_t)number_read(colon + 1, 16, &at) : 0;
	return at;
}

/* "  1: 0100007F:2C48 0100007F:9A3E 01 00000000:00000000 00:00000000 00000000  0  0 12345 ...":
 * proc(5); the inode is the tenth word. */
static void look_at_line(char *line)
{
	uint16_t theirs, ours;
	const char *at = strchr(line, ':'), *end;

	if (!at)
		return;
	at = read_port(read_port(at + 1, &theirs), &ours);
	for (int i = 0; i < 7; i++) {
		at += strspn(at, " ");
		at += i < 6 ? strcspn(at, " ") : 0;
	}
	meet(theirs, ours, number_read(at, 10, &end));
}

static void look_at_table(const char *path)
{
	LARGE static char text[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	while (fd >= 0 && (got = read(fd, text + used, sizeof(text) - 1 - used)) > 0) {
		char *line = text, *end;

		used += (size_t)got;
		text[used] = 0;
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = 0;
			look_at_line(line);
		}
		used -= (size_t)(line - text);
		memmove(text, line, used);
	}
	if (fd >= 0)
		close(fd);
}

static bool each_descriptor(const char *path, bool (*visit)(void *context, const char *name))
{
	LARGE static char entries[2048] __attribute__((aligned(8)));
	int status;

	look.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (look.folder < 0)
		return false;
	status = entries_each(look.folder, entries, sizeof(entries), visit, NULL);
	close(look.folder);
	return !status && !look.too_many;
}

int connections_answered(pid_t pid)
{
	char path[32];

	look.n_theirs = look.n_ours = 0;
	look.too_many = false;
	look.all_answered = true;
	look.descriptor = -1;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	if (!each_descriptor(path, look_at_theirs) ||
		!each_descriptor("/proc/self/fd", look_at_ours))
		return -1;
	look_at_table("/proc/net/tcp");
	look_at_table("/proc/net/tcp6");
	return look.all_answered ? look.descriptor : -1;
}
