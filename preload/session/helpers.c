/* SPDX-License-Identifier: MIT */
#include "helpers.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../ground/large.h"
#include "../ground/number.h"
#include "../segment/paths.h"

/* How much of a file below /proc/PID; nothing, and "", if it cannot be had. */
static size_t read_of(pid_t pid, const char *name, char *text, size_t size)
{
	char path[48];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

/*
 * Is there a call without its answer? Each gets one (parallel:::workLoop), so what was sent last is
 * older than what came last, and nothing else was acknowledged since. TCP_INFO, tcp(7):
 * milliseconds ago, of the same tick of the kernel (1 to 10 ms) if they are alike.
 */
static enum call { ANSWERED, SAME_TICK, OPEN } call_of(const struct tcp_info *of)
{
	if (of->tcpi_unacked || of->tcpi_last_data_sent < of->tcpi_last_data_recv ||
		of->tcpi_last_ack_recv < of->tcpi_last_data_recv)
		return OPEN;
	return of->tcpi_last_data_sent == of->tcpi_last_data_recv ? SAME_TICK : ANSWERED;
}

/* This process's connections with the workers of a cluster, which are all at one port. */
struct cluster {
	uint64_t port;
	unsigned connections, calls[OPEN + 1];
};

static bool look_at_connection(void *context, const char *name)
{
	struct cluster *cluster = context;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} here = { .any.sa_family = AF_UNSPEC };
	struct tcp_info info = { 0 };
	socklen_t of_here = sizeof(here), of_info = sizeof(info);
	const char *end;
	int fd = (int)number_read(name, 10, &end);
	in_port_t port;

	if (getsockname(fd, &here.any, &of_here))
		return false;
	port = here.any.sa_family == AF_INET    ? here.v4.sin_port
	       : here.any.sa_family == AF_INET6 ? here.v6.sin6_port
						: 0;
	if (!port || ntohs(port) != cluster->port ||
		getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &of_info) ||
		info.tcpi_state != TCP_ESTABLISHED)
		return false;
	cluster->connections++;
	cluster->calls[call_of(&info)]++;
	return false;
}

/* The kernel's function in which it sleeps, proc(5), for who may not see more (Yama's
 * ptrace_scope). */
static bool sleeps_for_data(pid_t pid)
{
	static const char names[][16] = { "poll", "select", "sk_wait_data", "wait_woken" };
	char text[64];

	read_of(pid, "wchan", text, sizeof(text));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(text, names[i]))
			return true;
	return false;
}

/*
 * Does it wait for what comes over a descriptor? "7 0x7ffd.. 0x1 ..": the number of the system
 * call, proc(5). A select(2) without any descriptor is a sleep.
 */
static bool waits_for_data(pid_t pid)
{
	static const uint64_t waits[] = { SYS_read, SYS_recvfrom, SYS_ppoll, SYS_pselect6,
#ifdef SYS_poll
		SYS_poll, SYS_select
#endif
	};
	char text[256];
	const char *end;
	uint64_t number;

	if (!read_of(pid, "syscall", text, sizeof(text)))
		return sleeps_for_data(pid);
	number = number_read(text, 10, &end);
	for (size_t i = 0; end > text && i < sizeof(waits) / sizeof(waits[0]); i++)
		if (number == waits[i])
			return strncmp(end, " 0x0 ", 5) != 0 || number == SYS_read;
	return false;
}

/*
 * A worker of parallel's that computes goes on to the end of its call, whoever is to have the
 * answer. "... --args MASTER=localhost PORT=11369 OUT=/dev/null".
 */
static bool has_answered(pid_t pid, const char *command)
{
	LARGE static char entries[2048] __attribute__((aligned(8)));
	const char *port = strstr(command, " PORT="), *end;
	struct cluster cluster = { 0 };
	int folder;

	if (!port)
		return false;
	cluster.port = number_read(port + strlen(" PORT="), 10, &end);
	folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return false;
	entries_each(folder, entries, sizeof(entries), look_at_connection, &cluster);
	close(folder);
	if (!cluster.connections || cluster.calls[OPEN])
		return false;
	return !cluster.calls[SAME_TICK] || waits_for_data(pid);
}

/* mirai's ends at once, whatever it computes, unless it is told otherwise: mirai::daemon(). */
static bool ends_at_once(pid_t pid, const char *command)
{
	(void)pid;
	return !strstr(command, "autoexit=NA") && !strstr(command, "autoexit=FALSE");
}

static bool does_nothing_else(pid_t pid, const char *command)
{
	(void)pid;
	(void)command;
	return true;
}

/*
 * Python's are known by what their code imports; the fork server's of 3.14.10 begins by "import
 * sys" (gh-144503), and loky (joblib) has a tracker like Python's.
 */
static const struct {
	char words[48];
	bool (*waits)(pid_t pid, const char *command);
} helpers[] = {
	{ "parallel:::.workRSOCK", has_answered },
	{ "from multiprocessing.forkserver import main", does_nothing_else },
	{ "resource_tracker import main", does_nothing_else },
	{ "mirai::daemon(", ends_at_once },
	{ "mirai::dispatcher(", does_nothing_else },
};

/* proc(5): arguments ended by zeros. */
static const char *command_of(pid_t pid)
{
	LARGE static char text[1024];
	size_t n = read_of(pid, "cmdline", text, sizeof(text));

	for (size_t i = 0; i + 1 < n; i++)
		if (!text[i])
			text[i] = ' ';
	return text;
}

bool helpers_wait(pid_t pid, const char *command)
{
	if (!command)
		command = command_of(pid);
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		/* What it forked has the same words, and goes on for as long as it likes. */
		if (strstr(command, helpers[i].words))
			return helpers[i].waits(pid, command) && !paths_is_forked(pid);
	return false;
}
