#include "doors.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "../ground/lock.h"
#include "../ground/names.h"
#include "../hooks/hooks.h"
#include "../loader/frameworks.h"
#include "../objects/real.h"
#include "binding.h"
#include "libraries.h"
#include "loading.h"
#include "slots.h"

int doors_open, doors_unseen_code;

/* This thread is in a scan: what a scan does comes back through the doors. */
static __thread bool scanning __attribute__((tls_model("initial-exec")));

static void nothing(void)
{
}

static void library_gone(const struct object *object)
{
	hooks_forget(object->image.all.low, object->image.all.high);
}

static void scan(void)
{
	struct objects *objects;

	if (scanning || !objects_changed())
		return;
	scanning = true;
	objects = objects_collect(library_gone);
	for (unsigned i = 0; i < objects->n; i++) {
		if (!objects->at[i].fresh)
			continue;
		if (objects->at[i].kind == OBJECT_NVIDIA)
			library_loaded(&objects->at[i]);
		else if (framework_name(objects->at[i].path))
			framework_loaded(objects->at[i].path);
	}
	slots_scan(objects);
	objects_publish();
	scanning = false;
}

/*
 * The loader's tables hold still only under its load lock, and that is not ours to take. But the
 * real dlsym holds it while it runs the resolver of an IFUNC, and this is one.
 */
__attribute__((used)) static void (*resolve_locked_scan(void))(void)
{
	if (doors_open)
		scan();
	return nothing;
}

void gpuspy_locked_scan(void) __attribute__((ifunc("resolve_locked_scan"), visibility("default")));

static void look_around(void)
{
	int saved = errno;

	if (!scanning && objects_changed())
		real_dlsym(RTLD_DEFAULT, "gpuspy_locked_scan");
	errno = saved;
}

int doors_start(void)
{
	if (!real_dlsym && !real_resolve())
		return -1;
	if (objects_start())
		return -1;
	next_dlopen = real_dlsym(RTLD_NEXT, "dlopen");
	if (!next_dlopen)
		next_dlopen = real_dlopen;
	loading_start();
	hooks_watch(procaddr_observers);
	doors_open = 1;
	look_around();
	return 0;
}

/* An entry that a loaded driver has not: it is older than the program expects. */
static void note_missing(void *handle, const char *name)
{
	struct object driver;

	if (handle == RTLD_DEFAULT || handle == RTLD_NEXT || strncmp(name, "cu", 2) ||
		name[2] < 'A' || name[2] > 'Z')
		return;
	if (objects_find_layer(LAYER_DRIVER, &driver) && !elf_symbol(&driver.image, name, 0))
		entry_missing(name);
}

void *doors_dlvsym(void *handle, const char *name, const char *version, const void *address)
{
	struct object caller, owner;
	void *found;

	doors_unseen_code = 0;
	look_around();
	if (!objects_find((uintptr_t)address, &caller) || !caller.ret)
		return NULL;
	if (!strcmp(name, "gpuspy_locked_scan"))
		return NULL;
	found = binding_look_up(caller.ret, handle, name, version);
	if (!found)
		note_missing(handle, name);
	if (!found || !objects_find((uintptr_t)found, &owner))
		return NULL;
	return binding_hook(&owner, found, name, &caller);
}

void *doors_dlsym(void *handle, const char *name, const void *address)
{
	return doors_dlvsym(handle, name, NULL, address);
}

void doors_dlopen(const char *name, int flags, const void *address)
{
	struct object caller;
	int saved = errno;
	bool known;

	cancel_hold();
	loading_settle();
	if (!(flags & RTLD_NOLOAD)) {
		__atomic_store_n(&doors_unseen_code, 1, __ATOMIC_RELAXED);
		known = name && objects_find((uintptr_t)address, &caller);
		if (name)
			loading_asked(name, known ? &caller : NULL);
	}
	cancel_release();
	errno = saved;
}

void doors_new_code(void)
{
	if (doors_open)
		look_around();
}
