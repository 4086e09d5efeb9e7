/* SPDX-License-Identifier: MIT */
#include "others.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../ground/entries.h"
#include "../segment/folded.h"
#include "../segment/strangers.h"
#include "children.h"
#include "imports.h"
#include "session.h"

/* More than a word of programs that were not watched. */
static bool has_records(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool found = fd < 0 || !folded_is_alone(fd) || strangers_have_records(fd, session_name());

	if (fd >= 0)
		close(fd);
	return found;
}

bool session_has_segments(void)
{
	char folder[PATHS_MAX];

	if (session_is_member())
		return false;
	if (children_have_segments())
		return true;
	if (!(session_variable_of_earlier() || imports_can_start_children()))
		return false;
	if (session_is_in_child())
		return false;
	return session_folder(folder) && !access(folder, F_OK) && has_records(folder);
}

struct count {
	unsigned segments;
};

static bool count_segment(void *context, const char *file)
{
	struct count *count = context;
	size_t length = strlen(file);

	count->segments += length > 4 && !strcmp(file + length - 4, ".seg");
	return count->segments > 1;
}

bool session_has_other_segments(void)
{
	char folder[PATHS_MAX];
	char entries[2048] __attribute__((aligned(8)));
	struct count count = { 0 };
	bool others;
	int fd;

	if (session_is_member() || !session_folder(folder))
		return false;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	entries_each(fd, entries, sizeof(entries), count_segment, &count);
	/* Interpreters that had nothing to do with CUDA are a number by now. */
	others = count.segments > 1 || folded_read(fd, NULL).processes;
	close(fd);
	return others;
}
