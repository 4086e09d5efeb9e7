/* SPDX-License-Identifier: MIT */
#include "takes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ground/path.h"
#include "../ground/readable.h"
#include "../segment/paths.h"
#include "../session/config.h"
#include "../session/filtered.h"
#include "../session/imports.h"
#include "../session/session.h"
#include "../session/variables.h"

static bool by_preload;
/* What LD_PRELOAD said at the start, if that is no path; "": it is one. */
static char bare_name[64];
static const char *config_named; /* GPUSPY_CONFIG */
static bool by_library_path;     /* that was found in a folder of LD_LIBRARY_PATH, and needs it */

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

static bool is_word(const struct listed *word, const char *text)
{
	return strlen(text) == word->length && !memcmp(word->at, text, word->length);
}

/* A file called so, in whatever folder; or another name by which this process has it. */
static bool names_library(const struct listed *word)
{
	static const char name[] = "libgpuspy";
	const char *file = memrchr(word->at, '/', word->length);

	file = file ? file + 1 : word->at;
	return !strncmp(file, name, sizeof(name) - 1) || is_word(word, imports_own_path());
}

static bool next_word(struct listed *word)
{
	word->at += word->length;
	word->at += strspn(word->at, ": ");
	word->length = strcspn(word->at, ": ");
	return word->length != 0;
}

/* The next word of a list that names this library; false: none does. */
static bool next_library(struct listed *word)
{
	while (next_word(word))
		if (names_library(word))
			return true;
	return false;
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

/* Who starts programs may have a small stack. */
static bool is_there(const char *path, size_t length)
{
	char *copy;

	if (length >= PATH_MAX)
		return false;
	copy = __builtin_alloca(length + 1);
	memcpy(copy, path, length);
	copy[length] = 0;
	return !access(copy, R_OK);
}

static bool is_own_bare_name(const struct listed *word)
{
	return *bare_name && is_word(word, bare_name);
}

/* ld.so(8) goes on without a library that it does not find. */
static bool finds(const struct listed *word, char *const environment[])
{
	const char *own = imports_own_path();

	if (has_in(word, '/') && !has_in(word, '$'))
		return is_there(word->at, word->length);
	if (memmem(word->at, word->length, "ORIGIN", strlen("ORIGIN")))
		return false; /* beside another program it is another one, or none */
	if (!has_in(word, '/') && (!is_own_bare_name(word) ||
					  (by_library_path && !has_own_folder(value_in(environment,
								      "LD_LIBRARY_PATH", LAST)))))
		return false;
	/* As this one was. */
	return *own != '/' || is_there(own, strlen(own));
}

bool environment_brings_others(char *const environment[])
{
	static const char names[][16] = { "LD_PRELOAD", "LD_AUDIT" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct listed word = { value_in(environment, names[i], LAST), 0 };

		while (word.at && next_word(&word))
			if (!names_library(&word))
				return true;
	}
	return false;
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

	config_named = getenv("GPUSPY_CONFIG");
	if (word.at && strstr(word.at, "/vgpreload_"))
		readable_is_all();
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

/* What this process was told at its start is what is in force here. */
static bool has_same_config(char *const environment[])
{
	const char *there = value_in(environment, "GPUSPY_CONFIG", FIRST);

	return !strcmp(there ? there : "", config_named ? config_named : "");
}

static __attribute__((noinline)) bool is_sites_folder(void)
{
	char there[PATHS_MAX];

	return config_folder(&config, geteuid(), there) && !strcmp(there, variables.folder);
}

/* What is no such name is answered by the default. */
static bool has_same_folder(const char *named)
{
	if (named && *named == '/' && strlen(named) < PATHS_MAX)
		return variables.folder[0] && paths_are_same(named, variables.folder);
	return config.folder ? is_sites_folder() : !variables.folder[0];
}

bool environment_takes_library(char *const environment[])
{
	const char *disable = value_in(environment, "GPUSPY_DISABLE", FIRST);
	const char *filter = value_in(environment, FILTER_VARIABLE, FIRST);

	return !(disable && !strcmp(disable, "1")) && has_same_config(environment) &&
	       !(filter && !strcmp(filter, "1")) &&
	       has_same_folder(value_in(environment, "GPUSPY_DIR", FIRST)) &&
	       finds_library(environment);
}

bool environment_tells_session(char *const environment[])
{
	return session_is_told(value_in(environment, "GPUSPY_SESSION", FIRST),
		value_in(environment, "GPUSPY_OWNER", FIRST));
}

bool environment_is_told(char *const environment[])
{
	const char *told = value_in(environment, "GPUSPY_TOLD", FIRST);

	return told && *told && !strcmp(told, session_word(NULL).session);
}
