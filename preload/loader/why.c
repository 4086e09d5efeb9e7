/* SPDX-License-Identifier: MIT */
#include "why.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../ground/path.h"
#include "why_walk.h"

static const char *keep(struct walk *walk, const char *text)
{
	return text ? arena_copy(&walk->arena, text, strlen(text)) : NULL;
}

static void tell(struct walk *walk, const struct why *why)
{
	walk->any = true;
	walk->question->tell(why, walk->question->data);
}

static bool read_object(struct walk *walk, struct why_object *object)
{
	struct loader_file *file = &walk->file;

	if (loader_file_read(file, object->as.path))
		return false;
	object->as.rpath = keep(walk, file->rpath);
	object->as.runpath = keep(walk, file->runpath);
	object->soname = keep(walk, file->soname);
	object->needs = arena_take(&walk->arena, (file->n_needed + 1) * sizeof(*object->needs));
	for (unsigned i = 0; object->needs && i < file->n_needed; i++) {
		object->needs[object->n_needs] = keep(walk, file->needed[i]);
		object->n_needs += object->needs[object->n_needs] != NULL;
	}
	return true;
}

/* Where a relative path leads from here. */
static const char *keep_path(struct walk *walk, const char *path)
{
	char *whole = walk->nearby.base;
	size_t used;

	if (*path == '/' || !getcwd(whole, PATH_MAX))
		return keep(walk, path);
	while (!strncmp(path, "./", 2))
		path += 2;
	used = strlen(whole);
	snprintf(whole + used, PATH_MAX - used, "/%s", path);
	return keep(walk, whole);
}

/* NULL: there is no room, or no path. */
static struct why_object *add(
	struct walk *walk, const char *name, const char *path, const struct why_object *by)
{
	struct why_object *object = &walk->objects[walk->n];

	if (!path || !*path || walk->n == OBJECTS_MAX || !(path = keep_path(walk, path)))
		return NULL;
	memset(object, 0, sizeof(*object));
	object->name = name ? name : path_file(path);
	object->as.path = path;
	object->as.by = by ? &by->as : NULL;
	object->read = read_object(walk, object);
	walk->n++;
	return object;
}

/* The bare libcudnn.so of a toolkit's headers is no version. */
static bool keep_version(const char *path, enum loader_way way, void *data)
{
	struct walk *walk = data;

	(void)way;
	if (!strstr(path_file(path), ".so."))
		return true;
	snprintf(walk->nearby.path, sizeof(walk->nearby.path), "%s", path);
	return false;
}

static bool other_version(struct walk *walk, const struct loader_asker *asker, const char *name)
{
	char stem[128];
	const char *at;
	size_t length = loader_stem(name, &at);

	snprintf(stem, sizeof(stem), "%.*s", (int)length, at);
	/* In the asker's own environment is what people look at first. */
	if (loader_nearby_version(&walk->nearby, name))
		return true;
	*walk->nearby.path = 0;
	loader_search_versions(&walk->search, asker, stem, keep_version, walk);
	return *walk->nearby.path;
}

/* A library that is nowhere: where else does it lie, or another version of it? */
static void tell_missing(struct walk *walk, const char *name, const struct why_object *by)
{
	struct loader_nearby *nearby = &walk->nearby;
	struct why why = { WHY_MISSING, name, NULL, walk->words, by ? by->as.path : NULL };
	int n;

	n = snprintf(
		walk->words, WORDS_MAX, "%s: " WHY_NO_FILE ": No such file or directory", name);
	if (!walk->first_words)
		walk->first_words = keep(walk, walk->words);
	if (walk->n > walk->first && n > 0 && n < WORDS_MAX)
		snprintf(walk->words + n, (size_t)(WORDS_MAX - n), " (needed by %s)", why.by);
	tell(walk, &why);
	if (strchr(name, '/'))
		return;
	nearby->root = walk->question->root;
	nearby->asker = why.by;
	nearby->program = walk->question->called;
	why = (struct why){ WHY_NEARBY, name, nearby->path, NULL, why.by };
	if (!loader_nearby(nearby, name)) {
		why.kind = WHY_VERSION;
		if (!other_version(walk, by ? &by->as : NULL, name))
			return;
	}
	tell(walk, &why);
}

/* What was asked for fails with the words about what it needs. */
static void tell_broken(struct walk *walk, const struct why_object *object, const char *words)
{
	struct why why = { WHY_BROKEN, object->name, object->as.path, words, NULL };

	tell(walk, &why);
}

static void tell_both(struct walk *walk, const struct why_object *object)
{
	const struct why_object *asked = &walk->objects[walk->first];

	tell_broken(walk, object, walk->words);
	if (object != asked)
		tell_broken(walk, asked, walk->words);
}

/* A file that is no library: what the loader says of it (glibc's elf/dl-load.c). */
static void tell_no_library(struct walk *walk, const struct why_object *object)
{
	static const char words[][44] = {
		[FILE_FITS] = "file too short",
		[FILE_FOREIGN] = "wrong ELF class, or for another processor",
		[FILE_NONE] = "invalid ELF header",
		[FILE_SHORT] = "file too short",
		[FILE_UNREADABLE] = "cannot read file data",
	};

	snprintf(walk->words, WORDS_MAX, "%s: %s", object->as.path,
		words[loader_file_fits(object->as.path)]);
	tell_both(walk, object);
}

/* It is where the loader looks, and the loader went past it: that is told instead. */
static bool tell_passed(struct walk *walk, const char *name)
{
	const char *path = walk->search.passed;
	struct why why = { WHY_BROKEN, name, path, walk->words, NULL };

	if (!*path)
		return false;
	snprintf(walk->words, WORDS_MAX, "%.*s: %s", WORDS_MAX - 64, path,
		access(path, F_OK)   ? "a link that leads nowhere"
		: access(path, R_OK) ? "it may not be read"
				     : "wrong ELF class, or for another processor");
	if (!walk->first_words)
		walk->first_words = keep(walk, walk->words);
	tell(walk, &why);
	return true;
}

static const char *loaded(struct walk *walk, const char *name)
{
	const struct why_question *question = walk->question;

	return question->loaded ? question->loaded(name, question->data) : NULL;
}

static void look_for(struct walk *walk, const char *name, const struct why_object *by)
{
	enum loader_way way = loader_search_find(&walk->search, by ? &by->as : NULL, name);
	struct why_object *object;

	if (way == WAY_NONE) {
		if (!tell_passed(walk, name))
			tell_missing(walk, name, by);
		return;
	}
	object = add(walk, path_file(name), walk->search.path, by);
	if (!object)
		return;
	object->way = way;
	if (!object->read)
		tell_no_library(walk, object);
}

/* What one needs, and what that needs: by breadth, as the loader does. */
static void follow(struct walk *walk, unsigned from)
{
	for (unsigned i = from; i < walk->n; i++) {
		const struct why_object *by = &walk->objects[i];

		for (unsigned k = 0; !by->loaded && k < by->n_needs; k++) {
			const char *name = by->needs[k], *there;
			struct why_object *object;

			if (why_find(walk, name))
				continue;
			there = loaded(walk, name);
			object = there ? add(walk, name, there, by) : NULL;
			if (object)
				object->loaded = true;
			else
				look_for(walk, name, by);
		}
	}
}

/* The program and who asks come first, for their RPATHs count. */
static const struct why_object *begin(struct walk *walk)
{
	const struct why_question *question = walk->question;
	const struct why_object *by = add(walk, NULL, question->program, NULL), *asker = NULL;

	if (question->asker && (!by || strcmp(question->asker, question->program) != 0))
		asker = add(walk, NULL, question->asker, by);
	for (unsigned i = 0; i < walk->n; i++)
		walk->objects[i].loaded = question->each_loaded != NULL;
	walk->first = walk->n;
	return asker ? asker : by;
}

static bool add_loaded(const char *path, void *mine)
{
	struct walk *walk = mine;
	struct why_object *object;

	for (unsigned i = 0; i < walk->n; i++)
		if (!strcmp(walk->objects[i].as.path, path))
			return true;
	object = add(walk, NULL, path, NULL);
	if (object)
		object->loaded = true;
	return object || walk->n < OBJECTS_MAX;
}

static void answer(struct walk *walk)
{
	const struct why_question *question = walk->question;
	struct why_object *broken;

	look_for(walk, question->name, begin(walk));
	if (walk->any || walk->n == walk->first)
		return;
	follow(walk, question->each_loaded ? walk->first : 0);
	if (walk->first_words)
		tell_broken(walk, &walk->objects[walk->first], walk->first_words);
	if (walk->any)
		return;
	if (question->each_loaded)
		question->each_loaded(add_loaded, walk, question->data);
	broken = why_symbols(walk);
	if (broken)
		tell_both(walk, broken);
}

static struct walk *open_walk(struct arena *arena, const struct why_question *question)
{
	struct walk *walk = arena_take(arena, sizeof(*walk));

	if (!walk)
		return NULL;
	walk->question = question;
	loader_search_begin(&walk->search, question->root, question->library_path);
	return walk;
}

static void close_walk(struct walk *walk, struct arena *arena)
{
	loader_search_end(&walk->search);
	arena_free(&walk->arena);
	arena_free(arena);
}

bool loader_where(const struct why_question *question, char path[PATH_MAX])
{
	struct arena arena = { NULL };
	struct walk *walk = open_walk(&arena, question);
	const struct why_object *by;
	bool found;

	*path = 0;
	if (!walk)
		return false;
	by = begin(walk);
	found = loader_search_find(&walk->search, by ? &by->as : NULL, question->name) != WAY_NONE;
	if (found)
		snprintf(path, PATH_MAX, "%s", walk->search.path);
	close_walk(walk, &arena);
	return found;
}

bool loader_why(const struct why_question *question)
{
	struct arena arena = { NULL };
	struct walk *walk = open_walk(&arena, question);
	bool any;

	if (!walk)
		return false;
	answer(walk);
	any = walk->any;
	close_walk(walk, &arena);
	return any;
}
