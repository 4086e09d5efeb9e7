/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As in getdents64(2); glibc has a wrapper since 2.30 only. */
struct entry {
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
};

bool loader_folder_open(struct loader_folder *folder, const char *path)
{
	folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	folder->at = folder->size = 0;
	return folder->fd >= 0;
}

static bool fill(struct loader_folder *folder)
{
	long n = syscall(SYS_getdents64, folder->fd, folder->buffer, sizeof(folder->buffer));

	folder->at = 0;
	folder->size = n > 0 ? (size_t)n : 0;
	return n > 0;
}

const char *loader_folder_next(struct loader_folder *folder)
{
	for (;;) {
		const struct entry *entry;

		if (folder->at >= folder->size && !fill(folder))
			return NULL;
		entry = (const struct entry *)(folder->buffer + folder->at);
		folder->at += entry->length;
		if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0)
			return entry->name;
	}
}

void loader_folder_close(struct loader_folder *folder)
{
	close(folder->fd);
}
