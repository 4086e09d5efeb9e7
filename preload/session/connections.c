/* SPDX-License-Identifier: MIT */
#include "connections.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/large.h"
#include "../ground/number.h"

enum { OURS_MAX = 1024, IS_ESTABLISHED = 1 /* TCP_ESTABLISHED, netinet/tcp.h */ };

/*
 * Nobody was called, then. The times are no help: the kernel sets that of what was sent last when
 * the other end is connected, and may set it a tick after that of what came last
 * (tcp_create_openreq_child, tcp_rcv_state_process). Linux 4.6 and later count what was sent.
 */
static bool was_never_sent(const struct tcp_info *of, socklen_t known)
{
	return known >= offsetof(struct tcp_info, tcpi_data_segs_out) +
				sizeof(of->tcpi_data_segs_out) &&
	       !of->tcpi_data_segs_out;
}

/*
 * Each call gets an answer, so what was sent last is older than what came last, and nothing else
 * was acknowledged since. What waits to be sent (TCP_CORK, MSG_MORE) goes when we end. Milliseconds
 * ago; within one tick of the kernel they are alike, and then what it has not read yet tells, and
 * whether it waits for more (idle.h).
 */
static bool is_answered(const struct tcp_info *of, socklen_t known)
{
	if (of->tcpi_unacked || of->tcpi_notsent_bytes)
		return false;
	return was_never_sent(of, known) ||
	       (of->tcpi_last_data_sent >= of->tcpi_last_data_recv &&
		       of->tcpi_last_ack_recv >= of->tcpi_last_data_recv);
}

LARGE static struct {
	struct {
		uint16_t here, there; /* ports */
		bool answered;
		uint64_t inode; /* of the other end; 0: it is not on this machine */
	} at[OURS_MAX];
	unsigned n;
	bool known, complete;
} ours;

/* In the process that is looked at. */
static struct {
	int folder, descriptor;
	bool answered;
	unsigned found;
} theirs;

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
		info.tcpi_state != IS_ESTABLISHED)
		return false;
	if (ours.n == OURS_MAX) {
		ours.complete = false;
		return true;
	}
	ours.at[ours.n].here = port_of(&here);
	ours.at[ours.n].there = port_of(&there);
	ours.at[ours.n].inode = 0;
	ours.at[ours.n++].answered = is_answered(&info, of_info);
	return false;
}

static void meet(uint16_t their_port, uint16_t our_port, uint64_t unread, uint64_t inode)
{
	for (unsigned i = 0; i < ours.n; i++) {
		if (ours.at[i].there != their_port || ours.at[i].here != our_port)
			continue;
		ours.at[i].inode = inode;
		ours.at[i].answered &= !unread;
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
 * proc(5); the fifth word's second half is what it has not read yet, the inode is the tenth word.
 */
static void look_at_line(char *line)
{
	uint16_t their_port, our_port;
	uint64_t unread = 0;
	const char *at = strchr(line, ':'), *end;

	if (!at)
		return;
	at = read_port(read_port(at + 1, &their_port), &our_port);
	for (int i = 0; i < 7; i++) {
		at += strspn(at, " ");
		if (i == 1 && (end = strchr(at, ':')))
			unread = number_read(end + 1, 16, &end);
		at += i < 6 ? strcspn(at, " ") : 0;
	}
	meet(their_port, our_port, unread, number_read(at, 10, &end));
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

static int each_descriptor(int folder, bool (*visit)(void *context, const char *name))
{
	LARGE static char entries[2048] __attribute__((aligned(8)));
	int status;

	if (folder < 0)
		return -1;
	status = entries_each(folder, entries, sizeof(entries), visit, NULL);
	close(folder);
	return status;
}

static void know_ours(void)
{
	if (ours.known)
		return;
	ours.known = ours.complete = true;
	ours.n = 0;
	if (each_descriptor(
		    open("/proc/thread-self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), look_at_ours))
		ours.complete = false;
	if (!ours.n)
		return;
	look_at_table("/proc/thread-self/net/tcp");
	look_at_table("/proc/thread-self/net/tcp6");
}

void connections_forget(void)
{
	ours.known = false;
}

static bool look_at_theirs(void *context, const char *name)
{
	static const char start[] = "socket:[";
	char link[64];
	const char *end;
	ssize_t n = readlinkat(theirs.folder, name, link, sizeof(link) - 1);
	uint64_t inode;

	(void)context;
	link[n > 0 ? n : 0] = 0;
	if (strncmp(link, start, sizeof(start) - 1) != 0)
		return false;
	inode = number_read(link + sizeof(start) - 1, 10, &end);
	for (unsigned i = 0; i < ours.n; i++) {
		if (!inode || ours.at[i].inode != inode)
			continue;
		theirs.found++;
		theirs.answered = ours.at[i].answered;
		theirs.descriptor = (int)number_read(name, 10, &end);
		break;
	}
	return false;
}

int connections_answered(pid_t pid)
{
	char path[32];

	know_ours();
	if (!ours.complete || !ours.n)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	theirs.found = 0;
	theirs.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (each_descriptor(theirs.folder, look_at_theirs) || theirs.found != 1 || !theirs.answered)
		return -1;
	return theirs.descriptor;
}
