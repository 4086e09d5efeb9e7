/* SPDX-License-Identifier: MIT */
#include "word.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../segment/own_file.h"
#include "base.h"
#include "elsewhere.h"

enum made { IF_THERE, OR_MADE };

static bool leave(const struct word *word, char folder[PATHS_MAX], enum made made)
{
	size_t length = strlen(folder);

	snprintf(folder + length, PATHS_MAX - length, "/%s", word->session);
	if ((made == IF_THERE && access(folder, F_OK)) || own_file_folders(folder) ||
		!word->write(folder))
		return false;
	elsewhere_tell(word->owner, folder);
	return true;
}

bool word_where_it_began(const struct word *word)
{
	char folder[PATHS_MAX];

	return base_at_start(folder) && leave(word, folder, IF_THERE);
}

bool word_here(const struct word *word)
{
	char folder[PATHS_MAX];

	return base_now(folder) && leave(word, folder, OR_MADE);
}
