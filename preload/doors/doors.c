/* SPDX-License-Identifier: MIT */
#include "doors.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "../cuda/layers.h"
#include "../ground/lock.h"
#include "../loader/frameworks.h"
#include "../objects/functions.h"
#include "../segment/gaps.h"
#include "../session/imports.h"
#include "../session/process.h"
#include "../session/program.h"
#include "../session/witness.h"
#include "asked.h"
#include "binding.h"
#include "libraries.h"
#include "loaded.h"
#include "loading.h"
#include "names.h"
#include "slots.h"
#include "taken.h"

int doors_open, doors_unseen, doors_closed, doors_namespaces;

/* In doors_unseen. */
enum { UNSEEN = 1, EVERY_NAME = 2 };

/* Where our own resolver is looked for; see join_global_scope(). */
static void *own_scope = RTLD_DEFAULT;
static void (*tell_found)(bool driver, unsigned above);

/* This thread looks at what is loaded: what that does comes back through the doors. */
struct looking {
	enum look how;
	const struct link_map *goes; /* at the namespace that this one is in, too; else NULL */
	const char *missing; /* a function of the driver's that was looked up in vain; else NULL */
};
static __thread struct looking *looking __attribute__((tls_model("initial-exec")));

/*
 * Something was opened with RTLD_GLOBAL, and may have made the driver global, but not before its
 * constructors have run. So many look-ups more look whether calls that led nowhere lead there now;
 * the first ones may be of these constructors. And so does the end.
 */
static int opens_global;
enum { AT_END = 1, AT_LOOK_UPS = 16 };

static bool is_unseen(void)
{
	return __atomic_load_n(&doors_unseen, __ATOMIC_RELAXED) & UNSEEN;
}

static void nothing(void)
{
}

static void library_gone(const struct object *object)
{
	hooks_forget(object->image.all.low, object->image.all.high);
	witness_library_gone(object->image.all.low);
}

static void meet(const struct object *object)
{
	asked_came(object);
	if (object->kind == OBJECT_NVIDIA) {
		library_loaded(object);
		/* No name tells that a look-up concerns it: from now on C looks at all. */
		if (layer_has_own_names(object->path))
			__atomic_fetch_or(&doors_unseen, EVERY_NAME, __ATOMIC_RELAXED);
	} else if (program_library_is_asked_about(object->path))
		process_touch();
	else if (framework_name(object->path))
		framework_loaded(object->path);
	imports_came(object->map);
	witness_library(object->path, object->image.all.low, object->image.all.high);
}

/* Loaded late: once. */
static void say_what_was_there(void)
{
	const struct object_list *nvidia = objects_nvidia();
	bool driver = objects_find_layer(LAYER_DRIVER) != NULL;
	unsigned above = 0;

	objects_were_there();
	for (unsigned i = 0; i < nvidia->n; i++)
		above += nvidia->at[i]->layer > LAYER_DRIVER && nvidia->at[i]->layer < LAYERS;
	tell_found(driver, above);
	tell_found = NULL;
}

static void look_locked(void)
{
	bool late = tell_found != NULL, init = looking->how == LOOK_INIT;
	const struct object_list *all = objects_all();
	unsigned found;

	/* Before the look: whoever calls dlopen meanwhile is to be seen by the next one. */
	__atomic_fetch_and(&doors_unseen, EVERY_NAME, __ATOMIC_RELAXED);
	found = objects_look(looking->how, __atomic_exchange_n(&doors_closed, 0, __ATOMIC_RELAXED),
		library_gone);
	if (!init && found & FOUND_NEW)
		__atomic_fetch_or(&doors_unseen, UNSEEN, __ATOMIC_RELAXED);
	if (!(found & FOUND_FRESH) && !slots_dangle())
		return;
	for (unsigned i = objects_old(); i < all->n; i++) {
		if (!all->at[i]->met)
			meet(all->at[i]);
		all->at[i]->met = true;
	}
	if (late)
		say_what_was_there();
	slots_scan();
	if (late)
		taken_scan();
}

/*
 * An entry that a loaded driver has not: it is older than the program expects. Another thread may
 * close the driver at any other moment.
 */
static void note_missing_locked(const char *name)
{
	const struct object *driver = objects_find_layer(LAYER_DRIVER);

	if (driver && !elf_symbol(&driver->image, name, 0))
		entry_missing(name);
}

/*
 * The loader's tables hold still only under its load lock, and that is not ours to take. But the
 * real dlsym holds it while it runs the resolver of an IFUNC, and this is one.
 */
__attribute__((used)) static void (*resolve_locked_scan(void))(void)
{
	if (!looking)
		return nothing;
	look_locked();
	if (looking->goes)
		witness_namespace_goes(namespace_drivers(looking->goes));
	if (looking->missing)
		note_missing_locked(looking->missing);
	return nothing;
}

void gpuspy_locked_scan(void) __attribute__((ifunc("resolve_locked_scan"), visibility("default")));

static void look_so(struct looking how)
{
	int saved = errno;

	if (!looking) {
		looking = &how;
		loader_real.dlsym(own_scope, "gpuspy_locked_scan");
		looking = NULL;
	}
	errno = saved;
}

static void look(enum look how)
{
	look_so((struct looking){ .how = how });
}

/*
 * Loaded late and for its loader alone (RTLD_LOCAL), nobody would find our __gmon_start__. What
 * else we have in the global scope stands behind libc's, and changes nothing. The same handle is
 * where our resolver is looked for: another copy that stands down has one too.
 */
static void join_global_scope(void)
{
	void *self = loader_real.dlopen(loader_self->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL);

	if (self)
		own_scope = self;
	else
		gap(GAP_DOORS);
}

/*
 * A program that exports a __gmon_start__ of its own (gcc -pg -rdynamic), or a library before this
 * one that has one: what objects do before the next look is not seen.
 */
static void check_start_door(void)
{
	extern char door___gmon_start__[] __attribute__((visibility("hidden")));

	if (loader_real.dlsym(RTLD_DEFAULT, "__gmon_start__") != (void *)door___gmon_start__)
		gap(GAP_STARTS);
}

int doors_start(const struct doors_beginning *beginning)
{
	if (!loader_real.dlsym && !loader_resolve())
		return -1;
	loading_start();
	hooks_watch(procaddr_observers);
	slots_begin(beginning->exit);
	if (beginning->late) {
		join_global_scope();
		slots_by_address();
		tell_found = beginning->found;
	}
	doors_open = 1;
	look(LOOK_INIT);
	objects_met_first(!beginning->late);
	if (!beginning->late)
		check_start_door();
	return 0;
}

static bool has_opened_global(void)
{
	return __atomic_load_n(&opens_global, __ATOMIC_RELAXED) != 0;
}

static bool is_to_look_once_more(void)
{
	int looks = __atomic_load_n(&opens_global, __ATOMIC_RELAXED);

	if (looks <= AT_END || !slots_dangle())
		return false;
	__atomic_compare_exchange_n(
		&opens_global, &looks, looks - 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return true;
}

static void note_silent(void)
{
	if (objects_some_awaited())
		gap(GAP_STARTS);
}

void doors_look_again(void)
{
	if (!doors_open)
		return;
	if (is_unseen() || __atomic_load_n(&doors_closed, __ATOMIC_RELAXED) ||
		(slots_dangle() && has_opened_global()))
		look(LOOK_OTHER);
	if (slots_dangled_to_driver() && has_opened_global())
		gap(GAP_SLOTS);
	note_silent();
}

bool doors_may_hide_calls(void)
{
	return slots_dangle_to_driver() && has_opened_global() &&
	       (is_unseen() || objects_find_layer(LAYER_DRIVER));
}

void doors_leave(void)
{
	if (doors_may_hide_calls())
		gap(GAP_SLOTS);
	note_silent();
}

static void note_missing(void *handle, const char *name)
{
	if (handle != RTLD_DEFAULT && handle != RTLD_NEXT && name_is_of_driver(name) &&
		objects_find_layer(LAYER_DRIVER))
		look_so((struct looking){ .how = LOOK_OTHER, .missing = name });
}

static void *answer(struct look_up *look_up, const void *address)
{
	const struct object *caller = objects_find((uintptr_t)address), *owner;
	void *found, *given;

	look_up->ret = binding_caller(caller);
	found = binding_look_up(look_up);
	if (!found) {
		note_missing(look_up->handle, look_up->name);
		return NULL;
	}
	given = slots_door(found, look_up->name);
	owner = given ? NULL : objects_find((uintptr_t)found);
	if (owner)
		given = binding_hook(owner, found, look_up->name, caller);
	else if (!given && name_is_of_driver(look_up->name))
		gap(GAP_NAMESPACE); /* it lies in nothing that this namespace's list has */
	return given ? given : found;
}

void *doors_dlvsym(
	void *handle, const char *name, const char *version, const void *address, void *function)
{
	struct look_up look_up = {
		.function = function, .handle = handle, .name = name, .version = version
	};

	if (is_unseen() || is_to_look_once_more())
		look(LOOK_OTHER);
	if (!name_is_of_interest(name) && !slots_stand_for(name) &&
		!(__atomic_load_n(&doors_unseen, __ATOMIC_RELAXED) & EVERY_NAME))
		return NULL;
	/* At the place of what was closed may be something that came by no door. */
	if (__atomic_load_n(&doors_closed, __ATOMIC_RELAXED))
		look(LOOK_OTHER);
	return answer(&look_up, address);
}

void *doors_dlsym(void *handle, const char *name, const void *address, void *function)
{
	return doors_dlvsym(handle, name, NULL, address, function);
}

static void note_asked(const char *name, const void *address)
{
	int saved = errno;

	cancel_hold();
	asked_note(name, objects_find((uintptr_t)address));
	cancel_release();
	errno = saved;
}

/*
 * RTLD_GLOBAL of a library that is there already loads nothing, and slots that are not bound yet
 * can lead into it from then on. It is made global here, which is what the program asks for, so
 * that they can be looked at before they are used.
 */
static void promote(const char *name)
{
	int saved = errno;
	void *promoted;

	cancel_hold();
	promoted = loader_real.dlopen(name, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL);
	if (promoted) {
		look(LOOK_OTHER);
		loader_real.dlclose(promoted);
	}
	cancel_release();
	errno = saved;
}

void doors_dlopen(const char *name, int flags, const void *address)
{
	if (flags & RTLD_GLOBAL && *name && (slots_dangle() || is_unseen()) &&
		objects_find_layer(LAYER_DRIVER) && objects_find((uintptr_t)address))
		promote(name);
	if (flags & RTLD_GLOBAL)
		__atomic_store_n(&opens_global, AT_LOOK_UPS, __ATOMIC_RELAXED);
	/* What is only asked about brings nothing. */
	if (flags & RTLD_NOLOAD)
		return;
	__atomic_fetch_or(&doors_unseen, UNSEEN, __ATOMIC_RELAXED);
	/* An object that prefers its own dependencies has libc's functions, not ours. */
	if (flags & RTLD_DEEPBIND)
		slots_by_address();
	if (*name && !asked_again(name))
		note_asked(name, address);
}

void doors_dlmopen(Lmid_t space, const char *name, int flags, const void *address)
{
	int saved = errno;

	if (space == LM_ID_BASE) {
		if (name)
			doors_dlopen(name, flags, address);
		return;
	}
	cancel_hold();
	__atomic_store_n(&opens_global, AT_LOOK_UPS, __ATOMIC_RELAXED);
	__atomic_store_n(&doors_namespaces, 1, __ATOMIC_RELAXED);
	witness_namespace();
	cancel_release();
	errno = saved;
}

/* What goes is looked at first: what has no _init may have come and called since the last look. */
void doors_dlclose(const void *handle)
{
	bool namespaces = __atomic_load_n(&doors_namespaces, __ATOMIC_RELAXED);
	int saved = errno;

	cancel_hold();
	if (namespaces || (is_unseen() && objects_find_layer(LAYER_DRIVER)))
		look_so((struct looking){ .how = LOOK_OTHER, .goes = namespaces ? handle : NULL });
	cancel_release();
	__atomic_store_n(&doors_closed, 1, __ATOMIC_RELAXED);
	errno = saved;
}

void doors_new_code(uintptr_t address)
{
	if (!doors_open)
		return;
	if (objects_begin(address) || is_unseen()) {
		look(LOOK_INIT);
		objects_begun(address);
	}
}
