#include "doors.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "../hooks/hooks.h"
#include "../observers/observers.h"
#include "../process/fork.h"
#include "../process/process.h"
#include "../loader/frameworks.h"
#include "loading.h"
#include "real.h"
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
			process_library_loaded(&objects->at[i]);
		else if (framework_name(objects->at[i].path))
			process_framework_loaded(objects->at[i].path);
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
	doors_open = 1;
	look_around();
	return 0;
}

/* One address can have two names: of NCCL's ncclX and pncclX the first is the public one. */
static const char *public_name(const struct elf_image *image, const char *name, uintptr_t address)
{
	if (!strncmp(name, "pnccl", 5) && elf_symbol(image, name + 1, address))
		return name + 1;
	return name;
}

/* C functions only; an IFUNC's address is not the symbol's value. */
static bool is_function(const struct elf_image *image, const char *name, uintptr_t address)
{
	const ElfW(Sym) *symbol = elf_symbol(image, name, address);

	if (!strncmp(name, "_Z", 2) || !elf_in_code(image, address))
		return false;
	if (symbol)
		return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;
	symbol = elf_symbol(image, name, 0);
	return symbol && ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC;
}

void *doors_hook(
	const struct object *owner, void *target, const char *name, const struct object *caller)
{
	const struct elf_image *image = &owner->image;
	uintptr_t address = (uintptr_t)target;

	if (owner->kind != OBJECT_NVIDIA || owner->layer < 0 || owner->layer >= LAYERS)
		return NULL;
	/* The driver's calls into itself (WSL's is in two parts) are not calls that reach it. */
	if (caller->kind == OBJECT_NVIDIA &&
		(owner->layer != LAYER_DRIVER || caller->layer == LAYER_DRIVER))
		return NULL;
	if (!is_function(image, name, address))
		return NULL;
	return hook_for(target, (enum segment_layer)owner->layer, object_file(owner),
		public_name(image, name, address));
}

void *doors_look_up(const void *ret, void *handle, const char *name, const char *version)
{
	return version ? arch_call_from(ret, (void *)real_dlvsym, handle, name, version)
		       : arch_call_from(ret, (void *)real_dlsym, handle, name, NULL);
}

/* An entry that a loaded driver has not: it is older than the program expects. */
static void note_missing(void *handle, const char *name)
{
	struct object driver;

	if (handle == RTLD_DEFAULT || handle == RTLD_NEXT || strncmp(name, "cu", 2) ||
		name[2] < 'A' || name[2] > 'Z')
		return;
	if (objects_find_layer(LAYER_DRIVER, &driver) && !elf_symbol(&driver.image, name, 0))
		process_entry_missing(name);
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
	found = doors_look_up(caller.ret, handle, name, version);
	if (!found)
		note_missing(handle, name);
	if (!found || !objects_find((uintptr_t)found, &owner))
		return NULL;
	return doors_hook(&owner, found, name, &caller);
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

void doors_gmon_start(void)
{
	process_begin();
	if (doors_open)
		look_around();
}
