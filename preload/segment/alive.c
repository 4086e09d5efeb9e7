/* SPDX-License-Identifier: MIT */
#include "alive.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../ground/hash.h"
#include "../ground/number.h"
#include "paths.h"

#define OWN_NAMESPACE "/proc/self/ns/pid"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 128 bits as "9e3a-...": random(4), /proc/sys/kernel/random/boot_id. */
static void read_boot(uint8_t boot[16])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	unsigned half_bytes = 0;
	char text[64];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n && half_bytes < 32; i++) {
		int value = digit(text[i]);

		if (value < 0)
			continue;
		boot[half_bytes / 2] |= (uint8_t)(half_bytes % 2 ? value : value << 4);
		half_bytes++;
	}
}

/* The number in "pid:[4026531836]", pid_namespaces(7); 0 when it cannot be had. */
static uint64_t read_namespace(const char *path)
{
	char link[64];
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	const char *end;

	link[n > 0 ? n : 0] = 0;
	return strncmp(link, "pid:[", 5) ? 0 : number_read(link + 5, 10, &end);
}

static struct segment_place asked; /* the last answer */

void alive_here(struct segment_place *here)
{
	struct utsname names;

	_Static_assert(sizeof(asked.host) >= sizeof(names.nodename), "");
	memset(&asked, 0, sizeof(asked));
	read_boot(asked.boot);
	asked.pid_namespace = read_namespace(OWN_NAMESPACE);
	if (!uname(&names))
		strcpy(asked.host, names.nodename);
	*here = asked;
}

static bool is_known(const struct segment_place *place)
{
	static const struct segment_place nowhere;

	return memcmp(place, &nowhere, sizeof(nowhere)) != 0;
}

static bool has_boot(const struct segment_place *place)
{
	static const uint8_t none[16];

	return memcmp(place->boot, none, sizeof(none)) != 0;
}

/* After a new boot of the same host nothing of before is alive. */
static enum alive compare(const struct segment_place *here, const struct segment_place *there)
{
	bool same_host = !memcmp(here->host, there->host, sizeof(here->host));

	if (has_boot(here) && has_boot(there)) {
		if (memcmp(here->boot, there->boot, sizeof(here->boot)) != 0)
			return same_host ? ENDED : ELSEWHERE;
	} else if (!same_host) {
		return ELSEWHERE;
	}
	if (here->pid_namespace && there->pid_namespace &&
		here->pid_namespace != there->pid_namespace)
		return ELSEWHERE;
	return ALIVE;
}

/* Asked for once: whoever looks at one segment looks at many. */
static const struct segment_place *here(void)
{
	if (!is_known(&asked))
		alive_here(&asked);
	return &asked;
}

void alive_asked(struct segment_place *place)
{
	*place = *here();
}

enum alive alive_look(pid_t pid, uint64_t start_ticks, const struct segment_place *place)
{
	enum alive where = is_known(place) ? compare(here(), place) : ALIVE;

	if (where != ALIVE)
		return where;
	return paths_start_ticks(pid) == start_ticks ? ALIVE : ENDED;
}

bool alive_is_here(const struct segment_place *place)
{
	return !is_known(place) || compare(here(), place) == ALIVE;
}

/* The host's name only where there is no better: containers of one machine may share one. */
static uint32_t place_tag(void)
{
	const struct segment_place *place = here();
	uint64_t tag = hash_bytes(HASH_EMPTY, place->boot, sizeof(place->boot));

	if (!has_boot(place))
		tag = hash_bytes(tag, place->host, sizeof(place->host));
	tag = hash_bytes(tag, &place->pid_namespace, sizeof(place->pid_namespace));
	return (uint32_t)(tag ^ tag >> 32);
}

bool alive_has_moved(void)
{
	return here()->pid_namespace != read_namespace(OWN_NAMESPACE);
}

bool alive_children_move(void)
{
	static const char path[] = "/proc/thread-self/ns/pid_for_children";
	uint64_t theirs = read_namespace(path);
	struct stat st;

	/* After unshare(2) it leads nowhere until there is a first one. Since Linux 4.12. */
	return theirs ? theirs != here()->pid_namespace : !lstat(path, &st);
}

bool alive_in_first_namespace(void)
{
	enum { PROC_PID_INIT_INO = 0xEFFFFFFCu };

	return here()->pid_namespace == PROC_PID_INIT_INO;
}

bool alive_named_here(const char *session)
{
	uint32_t place;

	return paths_session_place(session, &place) && place == place_tag();
}

void alive_name(char *session, pid_t pid, uint64_t time)
{
	char *end = number_write(session, (uint64_t)pid, 10, 1);

	*end++ = '-';
	end = number_write(end, time, 10, 1);
	*end++ = '-';
	number_write(end, place_tag(), 16, 8);
}

bool alive_owner(const char *session)
{
	uint64_t time, start;
	uint32_t place;
	pid_t pid;

	if (!paths_session_identity(session, &pid, &time))
		return false;
	if (paths_session_place(session, &place) && place != place_tag())
		return false;
	start = paths_start_ticks(pid);
	return start && start <= time;
}
