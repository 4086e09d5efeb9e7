/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../arch/levels.h"
#include "../ground/path.h"
#include "file.h"
#include "levels.h"

/*
 * The loader has its folders built in. Debian's has those of one architecture (from meson), other
 * distributions' have lib64.
 */
enum { N_FOLDERS = 4 };

static const char multiarch_folders[N_FOLDERS][48] = { "/lib/" GPUSPY_MULTIARCH,
	"/usr/lib/" GPUSPY_MULTIARCH, "/lib", "/usr/lib" };
static const char plain_folders[N_FOLDERS][48] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };

size_t loader_stem(const char *name, const char **at)
{
	const char *end;

	*at = path_file(name);
	end = strstr(*at, ".so");
	return end ? (size_t)(end - *at) : strlen(*at);
}

bool loader_same_stem(const char *a, const char *b)
{
	const char *left, *right;
	size_t length = loader_stem(a, &left);

	return length == loader_stem(b, &right) && memcmp(left, right, length) == 0;
}

bool loader_is_version(const char *name, const char *stem, size_t length)
{
	return !strncmp(name, stem, length) && !strncmp(name + length, ".so", 3) &&
	       (!name[length + 3] || name[length + 3] == '.');
}

const char *loader_way_name(enum loader_way way)
{
	static const char names[][20] = { "nothing", "its path", "an RPATH", "LD_LIBRARY_PATH",
		"a RUNPATH", "ld.so.cache", "a default folder" };

	return names[way];
}

void loader_search_begin(struct loader_search *search, const char *root, const char *library_path)
{
	search->root = root;
	search->library_path = library_path;
	snprintf(search->path, sizeof(search->path), "%s/etc/ld.so.cache", root);
	loader_cache_open(&search->cache, search->path);
	snprintf(search->path, sizeof(search->path), "%s%s", root, multiarch_folders[1]);
	search->multiarch = !access(search->path, F_OK);
	*search->path = 0;
}

void loader_search_end(struct loader_search *search)
{
	loader_cache_close(&search->cache);
}

/* What is looked for, and who is told. */
struct look {
	struct loader_search *search;
	const char *name; /* of the file, or its stem */
	size_t stem;      /* length of the stem, 0: the whole name is wanted */
	loader_found *found;
	void *data;
};

/* A link that leads nowhere is there, and cannot be opened. */
static void pass_over(struct loader_search *search, bool foreign)
{
	struct stat status;

	if (!*search->passed && (foreign || !lstat(search->path, &status)))
		memcpy(search->passed, search->path, sizeof(search->path));
}

/* True: no more is wanted. The loader goes on where a file is for another machine. */
static bool tell(struct look *look, enum loader_way way)
{
	struct loader_search *search = look->search;
	const bool opens = !access(search->path, R_OK);

	if (opens && loader_file_fits(search->path) != FILE_FOREIGN)
		return !look->found(search->path, way, look->data);
	pass_over(search, opens);
	return false;
}

/* All versions in the folder itself. */
static bool look_for_versions(struct look *look, size_t used, enum loader_way way)
{
	struct loader_search *search = look->search;
	const char *name;
	bool enough = false;

	if (!loader_folder_open(&search->folder, search->path))
		return false;
	while (!enough && (name = loader_folder_next(&search->folder)))
		if (loader_is_version(name, look->name, look->stem) &&
			(size_t)snprintf(search->path + used, sizeof(search->path) - used, "/%s",
				name) < sizeof(search->path) - used)
			enough = tell(look, way);
	loader_folder_close(&search->folder);
	return enough;
}

static bool is_missing(struct loader_search *search, size_t used, const char *part, size_t length)
{
	const size_t room = sizeof(search->path) - used;

	return (size_t)snprintf(search->path + used, room, "/%.*s", (int)length, part) >= room ||
	       access(search->path, F_OK);
}

/*
 * There may be hundreds of folders, with up to 18 below each for other processors: what is below a
 * folder that is not there is not asked for. The folders come in such an order that those that
 * begin alike follow each other.
 */
static bool look_in(struct look *look, size_t used, enum loader_way way)
{
	struct loader_search *search = look->search;
	const size_t room = sizeof(search->path) - used;
	const char *level, *missing = "";

	if (look->stem)
		return look_for_versions(look, used, way);
	if (access(search->path, F_OK))
		return false;
	for (unsigned n = 0; (level = loader_level(n)); n++) {
		const size_t first = strcspn(level, "/");

		if (first && (!strncmp(level, missing, first + 1) ||
				     is_missing(search, used, level, first))) {
			missing = level;
			continue;
		}
		if ((size_t)snprintf(search->path + used, room, "/%s%s", level, look->name) <
				room &&
			tell(look, way))
			return true;
	}
	return false;
}

static bool is_of_identifier(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

size_t loader_token(const char *text, enum loader_token *which)
{
	static const char names[][12] = { "ORIGIN", "LIB", "PLATFORM" };
	const bool curly = *text == '$' && text[1] == '{';

	for (size_t i = 0; *text == '$' && i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i]);

		if (strncmp(text + 1 + curly, names[i], n) != 0)
			continue;
		/* Without braces it ends where no identifier goes on (is_dst(), elf/dl-load.c). */
		if (curly ? text[2 + n] != '}' : is_of_identifier(text[1 + n]))
			continue;
		*which = (enum loader_token)i;
		return 1 + n + 2 * curly;
	}
	return 0;
}

/* What a token at the text's start stands for; NULL: none is there. */
static const char *token_at(const struct loader_search *search, const char *text,
	const struct loader_asker *asker, size_t *token, size_t *length)
{
	const char *values[] = { asker && asker->path ? asker->path : "",
		search->multiarch ? "lib/" GPUSPY_MULTIARCH : "lib64", arch_platform() };
	const size_t lengths[] = { (size_t)(path_file(values[0]) - values[0]), strlen(values[1]),
		strlen(values[2]) };
	enum loader_token which;

	*token = loader_token(text, &which);
	if (!*token)
		return NULL;
	/* The folder without the slash. */
	*length = lengths[which] - (which == TOKEN_ORIGIN && lengths[which] > 1);
	return values[which];
}

/*
 * A folder of a list, or a name, with what $ORIGIN and the like stand for; how long it got, 0: it
 * does not fit, or nobody knows. An empty folder is the current one.
 */
static size_t expand(const struct loader_search *search, char to[PATH_MAX], const char *folder,
	const char *end, const struct loader_asker *asker)
{
	size_t used = 0;

	if (folder == end)
		to[used++] = '.';
	while (folder < end && used + 1 < PATH_MAX) {
		size_t token = 0, length = 0;
		const char *value = token_at(search, folder, asker, &token, &length);

		if (!value) {
			to[used++] = *folder++;
			continue;
		}
		if (!length || used + length + 1 >= PATH_MAX)
			return 0;
		memcpy(to + used, value, length);
		used += length;
		folder += token;
	}
	to[used] = 0;
	return folder == end ? used : 0;
}

static bool look_in_list(
	struct look *look, const char *list, const struct loader_asker *origin, enum loader_way way)
{
	const char *separators = way == WAY_VARIABLE ? ":;" : ":";

	if (!list || !*list)
		return false;
	for (;; list++) {
		size_t length = strcspn(list, separators);
		size_t used = expand(look->search, look->search->path, list, list + length, origin);

		if (used && look_in(look, used, way))
			return true;
		list += length;
		if (!*list)
			return false;
	}
}

static bool look_in_rpaths(struct look *look, const struct loader_asker *asker)
{
	if (asker && asker->runpath)
		return false;
	for (; asker; asker = asker->by)
		if (!asker->runpath && look_in_list(look, asker->rpath, asker, WAY_RPATH))
			return true;
	return false;
}

static bool look_in_cache(struct look *look, const char *level)
{
	struct loader_search *search = look->search;
	const char *name, *path;

	for (unsigned i = 0; i < search->cache.count; i++) {
		if (!loader_cache_entry(&search->cache, i, &name, &path) ||
			!loader_is_of_level(path, level) ||
			!(look->stem ? loader_is_version(name, look->name, look->stem)
				     : !strcmp(name, look->name)))
			continue;
		if ((size_t)snprintf(search->path, PATH_MAX, "%s%s", search->root, path) <
				PATH_MAX &&
			tell(look, WAY_CACHE))
			return true;
	}
	return false;
}

/* The program, of which LD_LIBRARY_PATH's $ORIGIN is told. */
static const struct loader_asker *first_of(const struct loader_asker *asker)
{
	while (asker && asker->by)
		asker = asker->by;
	return asker;
}

static void look_everywhere(struct look *look, const struct loader_asker *asker)
{
	struct loader_search *search = look->search;
	const char(*folders)[48] = search->multiarch ? multiarch_folders : plain_folders;
	const char *level;

	if (look_in_rpaths(look, asker) ||
		look_in_list(look, search->library_path, first_of(asker), WAY_VARIABLE) ||
		(asker && look_in_list(look, asker->runpath, asker, WAY_RUNPATH)))
		return;
	for (unsigned n = 0; (level = loader_level(n)); n++)
		if ((!*level || strstr(level, "hwcaps")) && look_in_cache(look, level))
			return;
	for (size_t i = 0; i < N_FOLDERS; i++) {
		int n = snprintf(search->path, PATH_MAX, "%s%s", search->root, folders[i]);

		if (n > 0 && n < PATH_MAX && look_in(look, (size_t)n, WAY_DEFAULT))
			return;
	}
}

static bool keep_first(const char *path, enum loader_way way, void *data)
{
	(void)path;
	*(enum loader_way *)data = way;
	return false;
}

enum loader_way loader_search_find(
	struct loader_search *search, const struct loader_asker *asker, const char *name)
{
	enum loader_way way = WAY_NONE;

	*search->passed = 0;
	if (!strchr(name, '/')) {
		loader_search_all(search, asker, name, keep_first, &way);
		return way;
	}
	if (!expand(search, search->path, name, name + strlen(name), asker))
		return WAY_NONE;
	if (access(search->path, R_OK))
		return WAY_NONE;
	if (loader_file_fits(search->path) != FILE_FOREIGN)
		return WAY_NAME;
	pass_over(search, true);
	return WAY_NONE;
}

void loader_search_all(struct loader_search *search, const struct loader_asker *asker,
	const char *name, loader_found *found, void *data)
{
	struct look look = { search, name, 0, found, data };

	look_everywhere(&look, asker);
}

void loader_search_versions(struct loader_search *search, const struct loader_asker *asker,
	const char *stem, loader_found *found, void *data)
{
	struct look look = { search, stem, strlen(stem), found, data };

	look_everywhere(&look, asker);
}
