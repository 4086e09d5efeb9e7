/* SPDX-License-Identifier: MIT */
#include "takes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ground/path.h"
#include "../segment/paths.h"
#include "../session/config.h"
#include "../session/filtered.h"
#include "../session/imports.h"
#include "../session/session.h"
#include "../session/variables.h"

static bool by_preload;
/* What LD_PRELOAD said at the start, if that is no path; "": it is one. */
static char bare_name[64];
static bool by_library_path; /* that was found in a folder of LD_LIBRARY_PATH, and needs it */

/* Of a variable that is there twice getenv(3) takes the first one, and ld.so the last. */
enum which { FIRST, LAST };

static const char *value_in(char *const environment[], const char *name, enum which which)
{
	size_t length = strlen(name);
	const char *value = NULL;

	for (char *const *e = environment; e && *e && !(value && which == FIRST); e++)
		if (!strncmp(*e, name, length) && (*e)[length] == '=')
			value = *e + length + 1;
	return value;
}

struct listed {
	const char *at;
	size_t length;
};

/* The next word of a list that names this library; false: none does. */
static bool next_library(struct listed *word)
{
	const char *list = word->at + word->length, *name = strstr(list, "libgpuspy");

	if (!name)
		return false;
	while (name > list && name[-1] != ':' && name[-1] != ' ')
		name--;
	*word = (struct listed){ name, strcspn(name, ": ") };
	return true;
}

static bool has_in(const struct listed *word, char c)
{
	return memchr(word->at, c, word->length) != NULL;
}

static bool has_folder(const char *list, const char *folder, size_t length)
{
	while (list && *list) {
		size_t word = strcspn(list, ":;");
		size_t used = word > 1 && list[word - 1] == '/' ? word - 1 : word;

		if (used == length && !memcmp(list, folder, length))
			return true;
		list += word + (list[word] != 0);
	}
	return false;
}

/* This library's folder is one of the list. */
static bool has_own_folder(const char *list)
{
	const char *own = imports_own_path(), *file = path_file(own);

	return file > own && has_folder(list, own, (size_t)(file - own) - 1);
}

static bool is_there(const char *path, size_t length)
{
	char copy[PATH_MAX];

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, path, length);
	copy[length] = 0;
	return !access(copy, R_OK);
}

static bool is_own_bare_name(const struct listed *word)
{
	return *bare_name && strlen(bare_name) == word->length &&
	       !memcmp(word->at, bare_name, word->length);
}

/* ld.so(8) goes on without a library that it does not find. */
static bool finds(const struct listed *word, char *const environment[])
{
	const char *own = imports_own_path();

	if (has_in(word, '/') && !has_in(word, '$'))
		return is_there(word->at, word->length);
	if (!has_in(word, '/') && (!is_own_bare_name(word) ||
					  (by_library_path && !has_own_folder(value_in(environment,
								      "LD_LIBRARY_PATH", LAST)))))
		return false;
	/* As this one was. */
	return *own != '/' || is_there(own, strlen(own));
}

static bool finds_library(char *const environment[])
{
	struct listed word = { value_in(environment, "LD_PRELOAD", LAST), 0 };

	while (word.at && next_library(&word))
		if (finds(&word, environment))
			return true;
	return false;
}

void takes_begin(void)
{
	struct listed word = { getenv("LD_PRELOAD"), 0 };

	by_preload = word.at && next_library(&word);
	if (!by_preload || has_in(&word, '/') || word.length >= sizeof(bare_name))
		return;
	memcpy(bare_name, word.at, word.length);
	by_library_path = has_own_folder(getenv("LD_LIBRARY_PATH"));
}

bool takes_is_by_preload(void)
{
	return by_preload;
}

bool environment_takes_library(char *const environment[])
{
	const char *disable = value_in(environment, "GPUSPY_DISABLE", FIRST);
	const char *filter = value_in(environment, FILTER_VARIABLE, FIRST);
	const char *folder = value_in(environment, "GPUSPY_DIR", FIRST);
	char there[PATHS_MAX];

	if ((!folder || !*folder || paths_base(there, folder)) &&
		!config_folder(&config, geteuid(), there))
		there[0] = 0;
	return !(disable && !strcmp(disable, "1")) && !(filter && !strcmp(filter, "1")) &&
	       !strcmp(there, variables.folder) && finds_library(environment);
}

bool environment_tells_session(char *const environment[])
{
	return session_is_told(value_in(environment, "GPUSPY_SESSION", FIRST),
		value_in(environment, "GPUSPY_OWNER", FIRST));
}
