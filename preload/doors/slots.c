/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <dlfcn.h>
#include <string.h>

#include "../hooks/hooks.h"
#include "../objects/functions.h"
#include "../segment/writer.h"
#include "../session/process.h"
#include "arch.h"
#include "binding.h"
#include "places.h"

struct scan {
	const struct object *object; /* whose slots are looked at */
	struct places places;
	struct range nvidia;            /* all of NVIDIA's objects are inside: a quick first test */
	enum dangling dangled, dangles; /* the object at the last look, and now */
	bool fresh_nvidia, fresh_driver;
	bool reaches_driver; /* the object does, by a slot that was found */
};

static bool by_address;

/*
 * Objects that dangled when they were looked at last, of these the ones to the driver, and of these
 * the ones that are gone.
 */
static unsigned n_dangling, n_to_driver, n_gone;

/* In doors.S: they lead on to libc's functions. */
extern char door_libc_dlsym[], door_libc_dlvsym[], door_libc_dlopen[], door_libc_dlmopen[];
extern char door_libc_dlclose[], door_libc_dladdr[], door_libc_dladdr1[];

enum { STANDS_MAX = 64 };

static struct stand {
	const char *name;
	const void *libcs;
	void *ours;
} stands[STANDS_MAX];
static unsigned n_stands;
static uint64_t stood_initials[4];
static struct range stood_for; /* all of libc's are inside: a quick first test */

static void include(struct range *range, uintptr_t low, uintptr_t high)
{
	if (low < range->low || !range->high)
		range->low = low;
	if (high > range->high)
		range->high = high;
}

/* Of its first two letters: most names are told by these. */
static unsigned char initials_of(const char *name)
{
	return (unsigned char)((unsigned char)name[0] * 7 ^ (unsigned char)name[1] * 13);
}

void slots_stand(const char *name, const void *libcs, void *ours)
{
	if (!libcs) /* this libc has none */
		return;
	if (n_stands == STANDS_MAX) {
		gap(GAP_DOORS);
		return;
	}
	include(&stood_for, (uintptr_t)libcs, (uintptr_t)libcs + 1);
	stood_initials[initials_of(name) / 64] |= (uint64_t)1 << initials_of(name) % 64;
	stands[n_stands++] = (struct stand){ name, libcs, ours };
}

void slots_begin(void (*exit)(int status))
{
	const struct stand own[] = {
		{ "dlsym", (void *)loader_real.dlsym, door_libc_dlsym },
		{ "dlvsym", (void *)loader_real.dlvsym, door_libc_dlvsym },
		{ "dlopen", (void *)loader_real.dlopen, door_libc_dlopen },
		{ "dlmopen", (void *)loader_real.dlmopen, door_libc_dlmopen },
		{ "dlclose", (void *)loader_real.dlclose, door_libc_dlclose },
		{ "dladdr", (void *)loader_real.dladdr, door_libc_dladdr },
		{ "dladdr1", (void *)loader_real.dladdr1, door_libc_dladdr1 },
		{ "_exit", (void *)loader_real.exit, (void *)exit },
		{ "_Exit", (void *)loader_real.exit, (void *)exit },
	};

	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		slots_stand(own[i].name, own[i].libcs, own[i].ours);
}

bool slots_stand_for(const char *name)
{
	unsigned char initials = *name ? initials_of(name) : 0;

	if (!(stood_initials[initials / 64] >> initials % 64 & 1))
		return false;
	for (unsigned i = 0; i < n_stands; i++)
		if (!strcmp(stands[i].name, name))
			return true;
	return false;
}

void *slots_door(const void *target, const char *name)
{
	void *ours = NULL;

	if (!range_has(&stood_for, (uintptr_t)target))
		return NULL;
	for (unsigned i = 0; i < n_stands; i++) {
		if (stands[i].libcs != target)
			continue;
		if (!strcmp(stands[i].name, name))
			return stands[i].ours;
		ours = stands[i].ours;
	}
	return ours;
}

void slots_by_address(void)
{
	__atomic_store_n(&by_address, true, __ATOMIC_RELAXED);
}

static const struct object *nvidia_at(const struct scan *scan, uintptr_t address)
{
	const struct object_list *nvidia = objects_nvidia();

	if (!range_has(&scan->nvidia, address))
		return NULL;
	for (unsigned i = 0; i < nvidia->n; i++)
		if (range_has(&nvidia->at[i]->image.all, address))
			return nvidia->at[i];
	return NULL;
}

static void put(struct scan *scan, void **slot, void *seen, void *target, void *hook)
{
	const struct object *owner = nvidia_at(scan, (uintptr_t)target);

	scan->reaches_driver |= owner && owner->layer == LAYER_DRIVER;
	places_put(&scan->places, slot, seen, target, hook);
}

static const char *name_of(const struct scan *scan, uint32_t symbol)
{
	const struct elf_image *image = &scan->object->image;

	return image->strings + image->symbols[symbol].st_name;
}

/*
 * What ld.so would bind: the real dlsym(RTLD_DEFAULT) searches exactly the scope of the object that
 * calls it, and takes the one for its caller in whose code its return address is.
 */
static void *bind_as(const struct scan *scan, uint32_t symbol)
{
	const struct elf_image *image = &scan->object->image;
	const char *name = name_of(scan, symbol);
	const char *version = elf_wanted_version(image, symbol);
	const struct object *program = objects_all()->at[0];
	struct look_up look_up = {
		.ret = object_return(scan->object),
		.function = version ? (void *)loader_real.dlvsym : (void *)loader_real.dlsym,
		.handle = RTLD_DEFAULT,
		.name = name,
		.version = version,
	};
	void *found = binding_look_up(&look_up);

	/* Binding a call steps over a program's canonical PLT entry, and so do we. */
	if (!found || !elf_is_canonical_plt(&program->image, name, (uintptr_t)found))
		return found;
	look_up.ret = object_return(program);
	look_up.handle = RTLD_NEXT;
	return binding_look_up(&look_up);
}

/* What should stand in a slot that leads to `target`; NULL: what stands there. Symbol 0: no name.
 */
static void *replacement(const struct scan *scan, void *target, uint32_t symbol)
{
	const struct object *owner;
	const char *name = symbol ? name_of(scan, symbol) : NULL;
	void *door = by_address && name ? slots_door(target, name) : NULL;

	if (door)
		return door;
	owner = nvidia_at(scan, (uintptr_t)target);
	return owner ? binding_hook(owner, target, name, scan->object) : NULL;
}

/* Could an unbound slot lead to NVIDIA's code, or past our doors? */
static bool is_of_interest(const struct scan *scan, const char *text)
{
	const struct object_list *nvidia = objects_nvidia();
	struct elf_name name;

	if (by_address && slots_stand_for(text))
		return true;
	if (!strncmp(text, "_Z", 2)) /* C++'s, of which none gets a hook, are the most by far */
		return false;
	name = elf_name(text);
	for (unsigned i = 0; i < nvidia->n; i++) {
		const struct object *o = nvidia->at[i];

		if (!scan->dangled && !scan->object->fresh && !o->fresh)
			continue;
		/* NVIDIA's own calls count in the driver's layer only. */
		if (scan->object->kind == OBJECT_NVIDIA && o->layer != LAYER_DRIVER)
			continue;
		if (elf_defines(&o->image, &name))
			return true;
	}
	return false;
}

/* In a packed structure: it cannot be replaced by one store, while others read it. */
static void look_at_packed(const struct scan *scan, uint32_t symbol, const void *slot)
{
	void *target;

	memcpy(&target, slot, sizeof(target));
	if (target && !hook_is_ours(target) && replacement(scan, target, symbol) &&
		!process_touch())
		gap(GAP_SLOTS);
}

/* A weak one is called only if it was found when its object came. */
static enum dangling could_reach(const struct scan *scan, uint32_t symbol)
{
	const struct object_list *nvidia = objects_nvidia();
	struct elf_name name = elf_name(name_of(scan, symbol));
	enum dangling reaches = DANGLING_NOT;

	if (ELF64_ST_BIND(scan->object->image.symbols[symbol].st_info) == STB_WEAK)
		return DANGLING_NOT;
	for (unsigned i = 0; i < nvidia->n && reaches != DANGLING_DRIVER; i++)
		if (elf_defines(&nvidia->at[i]->image, &name))
			reaches = nvidia->at[i]->layer == LAYER_DRIVER ? DANGLING_DRIVER
								       : DANGLING_ABOVE;
	return reaches;
}

static void dangles(struct scan *scan, uint32_t symbol)
{
	enum dangling reaches = could_reach(scan, symbol);

	if (reaches > scan->dangles)
		scan->dangles = reaches;
}

/* What an IFUNC has chosen, or the loader has copied: of no name there. */
static void look_at_word(struct scan *scan, void **word)
{
	void *seen = __atomic_load_n(word, __ATOMIC_RELAXED);
	void *hook = hook_is_ours(seen) ? NULL : replacement(scan, seen, 0);

	if (hook)
		put(scan, word, seen, seen, hook);
}

static void look_at_choice(struct scan *scan, void **slot)
{
	if ((uintptr_t)slot % sizeof(*slot))
		look_at_packed(scan, 0, slot);
	else
		look_at_word(scan, slot);
}

/* A library's table that a program has for its own, as it was before the library's was looked at.
 */
static void look_at_copy(struct scan *scan, uint32_t symbol, uintptr_t at)
{
	uintptr_t end = at + scan->object->image.symbols[symbol].st_size;

	at = (at + sizeof(void *) - 1) & -sizeof(void *);
	for (; at + sizeof(void *) <= end; at += sizeof(void *))
		look_at_word(scan, (void **)at);
}

static void look_at_slot(struct scan *scan, const ElfW(Rela) * relocation)
{
	const struct elf_image *image = &scan->object->image;
	uint32_t type = ELF64_R_TYPE(relocation->r_info);
	uint32_t symbol = ELF64_R_SYM(relocation->r_info);
	void **slot = (void **)(image->base + relocation->r_offset);
	void *seen, *target, *hook;

	if (type == ARCH_R_COPY)
		look_at_copy(scan, symbol, (uintptr_t)slot);
	else if (type == ARCH_R_IRELATIVE)
		look_at_choice(scan, slot);
	if (type != ARCH_R_JUMP_SLOT && type != ARCH_R_GLOB_DAT && type != ARCH_R_ABSOLUTE)
		return;
	if (!symbol)
		return;
	if ((uintptr_t)slot % sizeof(*slot)) {
		look_at_packed(scan, symbol, slot);
		return;
	}
	seen = target = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if (!seen || hook_is_ours(seen))
		return;
	/* A lazy slot that leads back into its own object is not bound yet. */
	if (type == ARCH_R_JUMP_SLOT && range_has(&image->all, (uintptr_t)seen)) {
		if (image->bound || !is_of_interest(scan, name_of(scan, symbol)))
			return;
		target = bind_as(scan, symbol);
		if (!target && !object_return(scan->object) && !process_touch())
			gap(GAP_SLOTS); /* nobody can ask for it as its object would */
		if (!target) {
			dangles(scan, symbol);
			return;
		}
	}
	hook = replacement(scan, target, symbol);
	if (!hook)
		return;
	/* It was bound between two looks, and has been called through. */
	if (scan->dangled && seen == target && type == ARCH_R_JUMP_SLOT)
		places_missed(target);
	put(scan, slot, seen, target, hook);
}

/* Under the load lock; others read them. */
static void count(unsigned *of, bool before, bool now)
{
	if (now != before)
		__atomic_store_n(of, *of + now - before, __ATOMIC_RELAXED);
}

static void note_dangling(const struct scan *scan, struct object *object)
{
	count(&n_dangling, scan->dangled, scan->dangles);
	count(&n_to_driver, scan->dangled == DANGLING_DRIVER, scan->dangles == DANGLING_DRIVER);
	object->dangles = scan->dangles;
}

/* What was bound before a library came does not lead into it. */
static void scan_object(struct scan *scan, struct object *object)
{
	const struct elf_image *image = &object->image;

	scan->object = object;
	scan->dangled = object->dangles;
	scan->dangles = DANGLING_NOT;
	scan->reaches_driver = false;
	places_begin(&scan->places, object);
	for (size_t i = image->n_relative; object->fresh && i < image->n_relocations; i++)
		look_at_slot(scan, &image->relocations[i]);
	for (size_t i = 0; (object->fresh || !image->bound) && i < image->n_plt; i++)
		look_at_slot(scan, &image->plt[i]);
	places_end(&scan->places);
	/* What came with the driver is looked at when that begins. */
	if (scan->reaches_driver && !scan->fresh_driver)
		objects_await(object);
	note_dangling(scan, object);
}

static void scan_if_needed(struct scan *scan, struct object *object)
{
	bool fresh = object->fresh;

	if (!fresh && !scan->fresh_nvidia && !object->dangles)
		return;
	object->fresh = fresh || objects_reread(object);
	scan_object(scan, object);
	object->fresh = fresh;
}

bool slots_dangle(void)
{
	return __atomic_load_n(&n_dangling, __ATOMIC_RELAXED) != 0;
}

bool slots_dangle_to_driver(void)
{
	return __atomic_load_n(&n_to_driver, __ATOMIC_RELAXED) != 0;
}

bool slots_dangled_to_driver(void)
{
	return __atomic_load_n(&n_gone, __ATOMIC_RELAXED) != 0;
}

static void count_gone(const struct object_list *all)
{
	unsigned there = 0;

	for (unsigned i = 0; i < all->n; i++)
		there += all->at[i]->dangles == DANGLING_DRIVER;
	__atomic_store_n(&n_gone, n_to_driver - there, __ATOMIC_RELAXED);
}

void slots_scan(void)
{
	const struct object_list *all = objects_all(), *nvidia = objects_nvidia();
	struct scan scan = { .nvidia = { 0, 0 } };

	if (!nvidia->n && !by_address && !slots_dangle())
		return;
	for (unsigned i = 0; i < nvidia->n; i++) {
		const struct range *all_of_it = &nvidia->at[i]->image.all;

		include(&scan.nvidia, all_of_it->low, all_of_it->high);
		scan.fresh_nvidia |= nvidia->at[i]->fresh;
		scan.fresh_driver |= nvidia->at[i]->fresh && nvidia->at[i]->layer == LAYER_DRIVER;
	}
	for (unsigned i = scan.fresh_nvidia || slots_dangle() ? 0 : objects_old(); i < all->n; i++)
		if (all->at[i]->kind != OBJECT_SYSTEM)
			scan_if_needed(&scan, all->at[i]);
	if (slots_dangle())
		count_gone(all);
}
