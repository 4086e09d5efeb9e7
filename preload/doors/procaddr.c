/* SPDX-License-Identifier: MIT */
/*
 * cuGetProcAddress and _v2: the driver's own door.
 *
 * The driver answers first; then the pointer that it gave is recognised by the addresses of its
 * exported names, or, where it gives out others, by the name and version that were asked for.
 */
#include <stdio.h>
#include <string.h>

#include "../cuda/abi.h"
#include "../cuda/versions.h"
#include "../ground/path.h"
#include "../hooks/hooks.h"
#include "../objects/objects.h"
#include "../segment/gaps.h"
#include "../segment/writer.h"
#include "doors.h"

enum { NAME_MAX_LENGTH = 128 };

static const char forms[][4] = { "", "_v2", "_v3", "_v4" };
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

/* The exported name of the pointer, if it is one of the name's own forms. */
static bool form_at(char out[NAME_MAX_LENGTH], const struct elf_image *image, const char *name,
	uintptr_t address)
{
	static const char twins[][8] = { "", "_ptsz", "_ptds" };

	for (int i = 0; i < FORMS * 3; i++) {
		snprintf(out, NAME_MAX_LENGTH, "%s%s%s", name, forms[i % FORMS], twins[i / FORMS]);
		if (elf_symbol(image, out, address))
			return true;
	}
	return false;
}

/* By name, version and flags. A twin is taken for one only where the driver exports it. */
static void form_asked(char out[NAME_MAX_LENGTH], const struct elf_image *image, const char *name,
	int version, uint64_t flags)
{
	const char *form = forms[versions_form(name, version) - 1];

	if (flags & CU_LOOKUP_PER_THREAD_STREAM) {
		snprintf(out, NAME_MAX_LENGTH, "%s%s_ptsz", name, form);
		if (elf_symbol(image, out, 0))
			return;
		snprintf(out, NAME_MAX_LENGTH, "%s%s_ptds", name, form);
		if (elf_symbol(image, out, 0))
			return;
	}
	snprintf(out, NAME_MAX_LENGTH, "%s%s", name, form);
}

static void *hook_of(void *pointer, const char *name, int version, uint64_t flags)
{
	const struct object *driver;
	char exported[NAME_MAX_LENGTH];
	const char *found;

	if (hook_is_ours(pointer))
		return pointer;
	driver = objects_find((uintptr_t)pointer);
	if (!driver) {
		gap(GAP_FUNCTIONS); /* code of no object: nothing is known of it */
		return pointer;
	}
	if (driver->layer != LAYER_DRIVER) /* a framework's stub of the same name */
		return pointer;
	if (!form_at(exported, &driver->image, name, (uintptr_t)pointer)) {
		found = elf_name_at(&driver->image, (uintptr_t)pointer);
		if (found)
			snprintf(exported, sizeof(exported), "%s", found);
		else
			form_asked(exported, &driver->image, name, version, flags);
	}
	return hook_for(pointer, LAYER_DRIVER, path_file(driver->path), exported);
}

/* (name, pointer *, version, flags, ...) in both forms. */
static void after_get(struct frame *frame, int status)
{
	const int version = ARGUMENT(frame, 2, int);
	const char *name = ARGUMENT(frame, 0, const char *);
	void **pointer = ARGUMENT(frame, 1, void **);
	void *hook;

	/* The static runtime's own version, near enough: nobody asks for what is newer. */
	if (version > 0 && (uint32_t)version > segment->asked_version)
		segment->asked_version = (uint32_t)version;
	if (status || !name || !*name || !pointer || !*pointer)
		return;
	hook = hook_of(*pointer, name, version, ARGUMENT(frame, 3, uint64_t));
	if (hook)
		*pointer = hook;
}

const struct observer procaddr_observers[] = {
	{ "cuGetProcAddress", NULL, after_get },
	{ "cuGetProcAddress_v2", NULL, after_get },
	{ NULL },
};
