/* SPDX-License-Identifier: MIT */
#include "libraries.h"

#include <string.h>

#include "../cuda/layers.h"
#include "../ground/fork.h"
#include "../ground/lock.h"
#include "../ground/path.h"
#include "../loader/frameworks.h"
#include "../loader/why.h"
#include "../objects/objects.h"
#include "../segment/writer.h"
#include "../session/process.h"

static const char simulated_mark[] = "gpuspy_simulated_driver";

void library_loaded(const struct object *object)
{
	struct segment_library *library;

	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	segment->nvidia_code = 1;
	library = writer_library(path_file(object->path));
	if (library && !library->loaded) {
		library->error = 0;
		library->path = writer_string(object->path);
		library->layer = (uint32_t)object->layer;
		library->loaded = 1;
	}
	if (object->layer == LAYER_DRIVER) {
		segment->driver_path = writer_string(object->path);
		/* The simulated driver says what it is by a symbol of its own. */
		segment->simulated = elf_symbol(&object->image, simulated_mark, 0) != NULL;
		segment->stub = !elf_imports(&object->image);
	}
	lock_give(LOCK_HOOKS);
}

void library_asked(const char *name, const char *asker)
{
	struct segment_library *library;

	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	segment->nvidia_code = 1;
	library = writer_library(path_file(name));
	if (library) {
		library->asked++;
		if (!library->asker)
			library->asker = writer_string(asker);
		if (!library->loaded)
			library->layer = LAYERS;
	}
	lock_give(LOCK_HOOKS);
}

static void fail(const char *name, const char *error, const char *asker, uint32_t asked)
{
	struct segment_library *library;

	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	segment->nvidia_code = 1;
	library = writer_library(path_file(name));
	if (library && !library->loaded) {
		if (!library->asked)
			library->layer = LAYERS;
		library->asked += asked;
		if (!library->error)
			library->error = writer_string(error);
		if (!library->asker)
			library->asker = writer_string(asker);
	}
	lock_give(LOCK_HOOKS);
	if (layer_of_library(name) == LAYER_DRIVER)
		process_note_access();
}

void library_failed(const char *name, const char *error, const char *asker)
{
	fail(name, error, asker, 0);
}

void library_needed(const char *name, const char *error, const char *by)
{
	fail(name, error, by, 1);
}

/* Under LOCK_HOOKS. One that is not known to be loaded; NULL: it is, or there is no room. */
static struct segment_library *absent_library(const char *name)
{
	struct segment_library *library = writer_library(path_file(name));

	return library && !library->loaded ? library : NULL;
}

void library_lies(const char *name, const char *path)
{
	struct segment_library *library;

	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	library = absent_library(name);
	if (library && !library->path)
		library->path = writer_string(path);
	if (library && !library->asked)
		library->layer = LAYERS;
	lock_give(LOCK_HOOKS);
}

void library_broken(const char *name, const char *path, const char *error)
{
	struct segment_library *library;

	library_lies(name, path);
	library_failed(name, error, NULL);
	if (process_touch() || strstr(error, WHY_NO_FILE))
		return;
	lock_take(LOCK_HOOKS);
	library = absent_library(name);
	if (library && strstr(writer_string_at(library->error), WHY_NO_FILE))
		library->error = writer_string(error);
	/* By what needs it, if not by name: torch's libtorch_global_deps needs libcusparse. */
	if (library && !library->asked)
		library->asked = 1;
	lock_give(LOCK_HOOKS);
}

void library_came(const char *name)
{
	struct segment_library *library;

	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	library = absent_library(name);
	if (library) {
		library->layer = (uint32_t)layer_of_library(name);
		library->loaded = 1;
	}
	lock_give(LOCK_HOOKS);
}

/* Says nothing by itself, so it makes no segment. */
void framework_loaded(const char *path)
{
	/* The table has first what computes for itself: spaCy comes with torch, and not for it. */
	if (!segment || fork_happened() ||
		(segment->framework &&
			framework_of(writer_string_at(segment->framework)) <= framework_of(path)))
		return;
	lock_take(LOCK_HOOKS);
	segment->framework = writer_string(path);
	lock_give(LOCK_HOOKS);
}

void entry_missing(const char *name)
{
	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	if (!segment->missing_entry)
		segment->missing_entry = writer_string(name);
	segment->missing_entries++;
	lock_give(LOCK_HOOKS);
}

const char *library_useless_driver(void)
{
	const char *path;

	if (!segment || fork_happened() || (segment->init_ok && segment->device_count != 0))
		return NULL;
	path = writer_string_at(segment->driver_path);
	return path && *path ? path : NULL;
}

void library_real_driver(const char *path)
{
	lock_take(LOCK_HOOKS);
	segment->driver_path = writer_string(path);
	lock_give(LOCK_HOOKS);
}

void library_other_driver(const char *path, const char *words)
{
	struct segment_library *library;

	lock_take(LOCK_HOOKS);
	library = writer_library(path);
	if (library && !library->path) {
		library->path = writer_string(path);
		library->error = writer_string(words);
		library->layer = LAYER_DRIVER;
	}
	lock_give(LOCK_HOOKS);
}

void libraries_explain(void)
{
	const char *path;

	if (!segment || fork_happened() || segment->build)
		return;
	path = writer_string_at(segment->framework);
	if (path && *path)
		segment->build = framework_build(path);
}
