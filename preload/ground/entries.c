/* SPDX-License-Identifier: MIT */
#include "entries.h"

#include <dirent.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int entries_each(int folder, char *buffer, size_t size,
	bool (*visit)(void *context, const char *name), void *context)
{
	ssize_t got;

	while ((got = syscall(SYS_getdents64, folder, buffer, size)) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
				visit(context, entry->d_name))
				return 0;
			at += entry->d_reclen;
		}
	}
	return got < 0 ? -1 : 0;
}
