/* SPDX-License-Identifier: MIT */
#include "hashed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "segment/paths.h"

static uint64_t turn(uint64_t value, int by)
{
	return value << by | value >> (64 - by);
}

static void mix(uint64_t v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[1] = turn(v[1], 13) ^ v[0];
		v[0] = turn(v[0], 32);
		v[2] += v[3];
		v[3] = turn(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = turn(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = turn(v[1], 17) ^ v[2];
		v[2] = turn(v[2], 32);
	}
}

uint64_t hashed_word(const uint64_t key[2], uint64_t word)
{
	const uint64_t length = (uint64_t)8 << 56;
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
		key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };

	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
	v[3] ^= length;
	mix(v, 2);
	v[0] ^= length;
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Under another name first: nobody reads a half of it. */
static void make_key(const char *path)
{
	char new[PATHS_MAX + 32];
	uint64_t key[2];
	int fd;

	snprintf(new, sizeof(new), "%s.%d", path, (int)getpid());
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (getrandom(key, sizeof(key), 0) == sizeof(key) &&
		write(fd, key, sizeof(key)) == sizeof(key) && !fsync(fd) && link(new, path))
		errno = 0; /* somebody else was first: theirs is read */
	close(fd);
	unlink(new);
}

static bool read_key(const char *path, uint64_t key[2])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, key, 2 * sizeof(*key));

	if (fd >= 0)
		close(fd);
	return n == 2 * sizeof(*key);
}

int hashed_number(uint64_t *to, const char *folder, uint64_t word)
{
	static uint64_t key[2];
	static bool known;
	char path[PATHS_MAX];

	if (snprintf(path, sizeof(path), "%s/.key", folder) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!known && !read_key(path, key)) {
		make_key(path);
		if (!read_key(path, key))
			return -1;
	}
	known = true;
	*to = hashed_word(key, word);
	return 0;
}

int hashed_user(char to[HASHED_MAX], const char *folder, uid_t uid)
{
	uint64_t number;

	if (hashed_number(&number, folder, uid))
		return -1;
	snprintf(to, HASHED_MAX, "user-%012llx", (unsigned long long)(number & 0xffffffffffffu));
	return 0;
}
