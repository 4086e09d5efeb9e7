/*
 * Facts about NVIDIA's libraries: asked for, loaded, by whom.
 */
#include <stdlib.h>
#include <string.h>

#include "../doors/objects.h"
#include "../segment/writer.h"
#include "fork.h"
#include "process.h"

static const char simulated_mark[] = "gpuspy_simulated_driver";

static const char *file_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

void process_library_loaded(const struct object *object)
{
	struct segment_library *library;

	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	segment->nvidia_code = 1;
	library = writer_library(object_file(object));
	if (library && !library->loaded) {
		library->path = writer_string(object->path);
		library->layer = (uint32_t)object->layer;
		library->loaded = 1;
	}
	if (object->layer == LAYER_DRIVER) {
		segment->driver_path = writer_string(object->path);
		/* The simulated driver says what it is by a symbol of its own. */
		segment->simulated = elf_symbol(&object->image, simulated_mark, 0) != NULL;
	}
	lock_give(LOCK_HOOKS);
}

void process_library_asked(const char *name, const char *asker)
{
	struct segment_library *library;

	if (process_touch())
		return;
	lock_take(LOCK_HOOKS);
	segment->nvidia_code = 1;
	library = writer_library(file_of(name));
	if (library) {
		library->asked++;
		if (!library->asker)
			library->asker = writer_string(asker);
		if (!library->loaded)
			library->layer = LAYERS;
	}
	lock_give(LOCK_HOOKS);
}

void process_missed_slot(void)
{
	if (!process_touch())
		__atomic_fetch_add(&segment->missed.slots, 1, __ATOMIC_RELAXED);
}
