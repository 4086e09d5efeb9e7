/* SPDX-License-Identifier: MIT */
#include "paths.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/number.h"

/* Decimal digits without sign or leading zeros, as gpuspy writes them; NULL: none, or too many. */
static const char *read_number(const char *text, uint64_t limit, uint64_t *value)
{
	uint64_t read = 0;

	if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9'))
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (read > (limit - digit) / 10)
			return NULL;
		read = read * 10 + digit;
	}
	*value = read;
	return text;
}

void paths_of_user(char path[PATHS_MAX], uid_t user)
{
	number_write(stpcpy(path, "/dev/shm/" PATHS_USER_START), user, 10, 1);
}

uid_t paths_user(const char *format, const char *name)
{
	size_t length = strlen(format) - strlen("%u");
	uint64_t user;
	const char *end;

	if (strncmp(name, format, length) != 0)
		return 0;
	end = read_number(name + length, (uid_t)-2, &user);
	return end && !*end ? (uid_t)user : 0;
}

/* The next folder's name; slashes in a row and "." are none. */
static const char *next_name(const char *at, size_t *length)
{
	do {
		at += strspn(at, "/");
		*length = strcspn(at, "/");
	} while (*length == 1 && *at == '.' && at++);
	return at;
}

int paths_base(char path[PATHS_MAX], const char *environment)
{
	size_t length, used = 0;

	if (!environment || !*environment) {
		paths_of_user(path, geteuid());
		return 0;
	}
	if (*environment != '/')
		return -1;
	for (const char *at = next_name(environment, &length); length;
		at = next_name(at + length, &length)) {
		if (length >= PATHS_MAX - 1 - used)
			return -1;
		path[used++] = '/';
		memcpy(path + used, at, length);
		used += length;
	}
	if (!used)
		path[used++] = '/';
	path[used] = 0;
	return 0;
}

bool paths_are_same(const char *path, const char *base)
{
	size_t length, own;

	for (;;) {
		path = next_name(path, &length);
		base = next_name(base, &own);
		if (length != own || memcmp(path, base, length) != 0)
			return false;
		if (!length)
			return true;
		path += length;
		base += own;
	}
}

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

bool paths_session_valid(const char *name)
{
	size_t length = 0;

	if (*name == '.')
		return false;
	while (name[length] && length < SESSION_NAME_MAX)
		if (!name_character(name[length++]))
			return false;
	return length && length < SESSION_NAME_MAX;
}

/* PID-START at the beginning of `name`; what follows it, or NULL. */
static const char *read_identity(const char *name, pid_t *pid, uint64_t *start_ticks)
{
	uint64_t figure;
	const char *rest = read_number(name, INT_MAX, &figure);

	if (!rest || *rest != '-' || !figure)
		return NULL;
	rest = read_number(rest + 1, UINT64_MAX, start_ticks);
	*pid = (pid_t)figure;
	return rest;
}

/* "-" and eight hexadecimal digits, and no more. */
static bool read_place(const char *text, uint32_t *place)
{
	*place = 0;
	if (*text++ != '-')
		return false;
	for (unsigned i = 0; i < 8; i++, text++) {
		if (*text >= '0' && *text <= '9')
			*place = *place << 4 | (uint32_t)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			*place = *place << 4 | (uint32_t)(*text - 'a' + 10);
		else
			return false;
	}
	return !*text;
}

bool paths_session_identity(const char *name, pid_t *pid, uint64_t *start_ticks)
{
	const char *rest = read_identity(name, pid, start_ticks);
	uint32_t place;

	return rest && (!*rest || read_place(rest, &place));
}

bool paths_session_place(const char *name, uint32_t *place)
{
	uint64_t start_ticks;
	pid_t pid;
	const char *rest = read_identity(name, &pid, &start_ticks);

	return rest && read_place(rest, place);
}

bool paths_segment_identity(const char *file, pid_t *pid, uint64_t *start_ticks, unsigned *image)
{
	const char *rest = read_identity(file, pid, start_ticks);
	uint64_t figure;

	if (!rest || *rest != '-')
		return false;
	rest = read_number(rest + 1, UINT_MAX, &figure);
	if (!rest || strcmp(rest, ".seg") != 0)
		return false;
	*image = (unsigned)figure;
	return true;
}

/* What follows the name in a file like /proc/PID/stat, from field 3 on; the name may hold anything.
 */
static const char *read_stat_file(const char *file, char *text, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *name_end;
	ssize_t length;

	if (fd < 0)
		return NULL;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return NULL;
	text[length] = 0;
	name_end = strrchr(text, ')');
	return name_end && name_end[1] == ' ' ? name_end + 2 : NULL;
}

static const char *read_stat(pid_t pid, char *text, size_t size)
{
	char file[32], *end;

	/* /proc may be that of a namespace in which this process has another number. */
	end = stpcpy(file, "/proc/");
	end = pid == getpid() ? stpcpy(end, "self") : number_write(end, (uint64_t)pid, 10, 1);
	strcpy(end, "/stat");
	return read_stat_file(file, text, size);
}

static const char *skip_fields(const char *text, unsigned count)
{
	for (; text && count; count--) {
		text = strchr(text, ' ');
		if (text)
			text++;
	}
	return text;
}

enum { STAT_SIZE = 640 }; /* it has the first 26 fields of 52 */

pid_t paths_parent(pid_t pid)
{
	char text[STAT_SIZE];
	const char *field = pid > 0 ? read_stat(pid, text, sizeof(text)) : NULL;
	uint64_t parent = 0;

	field = field ? skip_fields(field, 1) : NULL; /* field 4 */
	return field && read_number(field, INT_MAX, &parent) ? (pid_t)parent : 0;
}

char paths_state(pid_t pid)
{
	char text[STAT_SIZE];
	const char *field = pid > 0 ? read_stat(pid, text, sizeof(text)) : NULL;

	return field ? *field : 0;
}

/* Field 9: include/linux/sched.h, PF_. */
static bool has_flag(pid_t pid, uint64_t flag)
{
	char text[STAT_SIZE];
	const char *field = pid > 0 ? read_stat(pid, text, sizeof(text)) : NULL;
	uint64_t flags = 0;

	field = field ? skip_fields(field, 6) : NULL;
	return field && read_number(field, UINT64_MAX, &flags) && (flags & flag);
}

bool paths_is_kernel(pid_t pid)
{
	enum { PF_KTHREAD = 0x00200000 };

	return has_flag(pid, PF_KTHREAD);
}

bool paths_is_forked(pid_t pid)
{
	enum { PF_FORKNOEXEC = 0x00000040 };

	return has_flag(pid, PF_FORKNOEXEC);
}

bool paths_has_been_alone(void)
{
	char text[STAT_SIZE];
	const char *field = read_stat(getpid(), text, sizeof(text));
	uint64_t faults = 1, threads = 0;

	field = skip_fields(field, 8); /* field 11 */
	if (!field || !read_number(field, UINT64_MAX, &faults) || faults)
		return false;
	field = skip_fields(field, 9); /* field 20 */
	return field && read_number(field, UINT64_MAX, &threads) && threads == 1;
}

bool paths_is_in_exec(const char *file)
{
	char text[STAT_SIZE];
	const char *field = read_stat_file(file, text, sizeof(text));
	uint64_t start_of_code;

	field = field ? skip_fields(field, 23) : NULL;
	return field && read_number(field, UINT64_MAX, &start_of_code) && !start_of_code;
}

uint64_t paths_start_ticks(pid_t pid)
{
	char text[STAT_SIZE];
	const char *field = pid > 0 ? read_stat(pid, text, sizeof(text)) : NULL;
	uint64_t threads = 0, start = 0;
	const char *at;

	if (!field)
		return 0;
	at = skip_fields(field, 17); /* field 20: threads */
	if (!at || !read_number(at, UINT64_MAX, &threads))
		return 0;
	/* A zombie is dead, unless only its first thread has ended. */
	if ((*field == 'Z' || *field == 'X') && threads <= 1)
		return 0;
	at = skip_fields(at, 2);
	return at && read_number(at, UINT64_MAX, &start) ? start : 0;
}
