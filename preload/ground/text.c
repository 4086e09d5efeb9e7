/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <fcntl.h>
#include <unistd.h>

ssize_t text_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n;
}
