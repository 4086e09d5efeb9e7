#include "slots.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../cuda/layers.h"
#include "../hooks/hooks.h"
#include "../objects/real.h"
#include "../segment/writer.h"
#include "../session/process.h"
#include "arch.h"
#include "binding.h"

/* Is an object's RELRO part writable? It is opened at the first slot in it and closed at the end.
 */
enum relro { RELRO_UNKNOWN, RELRO_OPENED, RELRO_WAS_OPEN, RELRO_REFUSED };

struct scan {
	const struct objects *objects;
	const struct object *object; /* whose slots are looked at */
	enum relro relro;
	struct range nvidia; /* all of NVIDIA's objects are inside: a quick first test */
};

/* Can the page be written to? The kernel is asked to add 0 to a word of it: EFAULT when not. */
static bool is_writable(void *address)
{
	uint32_t dummy = 0, *word = (uint32_t *)((uintptr_t)address & ~(uintptr_t)3);

	return syscall(SYS_futex, &dummy, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, NULL, word,
		       FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)) >= 0;
}

/* ld.so protects whole pages and rounds both ends down (elf/dl-reloc.c, _dl_protect_relro). */
static int protect_relro(const struct object *object, int protection)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t low = object->image.relro.low & -page, high = object->image.relro.high & -page;

	return low < high ? mprotect((void *)low, high - low, protection) : -1;
}

static bool may_write(struct scan *scan, void **slot)
{
	if (!range_has(&scan->object->image.relro, (uintptr_t)slot))
		return is_writable(slot);
	if (scan->relro == RELRO_UNKNOWN) {
		if (is_writable(slot))
			scan->relro = RELRO_WAS_OPEN;
		else
			scan->relro = protect_relro(scan->object, PROT_READ | PROT_WRITE)
					      ? RELRO_REFUSED
					      : RELRO_OPENED;
	}
	/* The last page of the part may be shared with data and stay open. */
	return scan->relro == RELRO_OPENED || (scan->relro == RELRO_WAS_OPEN && is_writable(slot));
}

/* The program may bind or write the slot at the same time: only what was seen is replaced. */
static void put(struct scan *scan, void **slot, void *seen, void *hook)
{
	if (may_write(scan, slot))
		__atomic_compare_exchange_n(
			slot, &seen, hook, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	else if (!process_touch())
		__atomic_fetch_add(&segment->missed.slots, 1, __ATOMIC_RELAXED);
}

/*
 * What ld.so would bind: the real dlsym(RTLD_DEFAULT) searches exactly the scope of the object that
 * calls it, and takes the one for its caller in whose code its return address is.
 */
static void *bind_as(const struct scan *scan, uint32_t symbol)
{
	const struct elf_image *image = &scan->object->image;
	const char *name = image->strings + image->symbols[symbol].st_name;
	const char *version = elf_wanted_version(image, symbol);
	const struct object *program = &scan->objects->at[0];
	void *found;

	if (!scan->object->ret)
		return NULL;
	found = binding_look_up(scan->object->ret, RTLD_DEFAULT, name, version);
	/* Binding a call steps over a program's canonical PLT entry, and so do we. */
	if (found && program->ret && elf_is_canonical_plt(&program->image, name, (uintptr_t)found))
		found = binding_look_up(program->ret, RTLD_NEXT, name, version);
	return found;
}

/* What should stand in a slot that leads to `target`; NULL: what stands there. */
static void *replacement(const struct scan *scan, void *target, const char *name)
{
	const struct object *owner;

	if (target == (void *)real_dlsym)
		return (void *)dlsym;
	if (target == (void *)real_dlvsym)
		return (void *)dlvsym;
	if (target == (void *)real_dlopen)
		return (void *)dlopen;
	if (!range_has(&scan->nvidia, (uintptr_t)target))
		return NULL;
	owner = objects_in(scan->objects, (uintptr_t)target);
	return owner ? binding_hook(owner, target, name, scan->object) : NULL;
}

static bool is_door(const char *name)
{
	return !strcmp(name, "dlsym") || !strcmp(name, "dlvsym") || !strcmp(name, "dlopen");
}

/* Could an unbound slot lead to NVIDIA's code, or past our doors? */
static bool is_of_interest(const struct scan *scan, const char *name)
{
	if (is_door(name))
		return true;
	for (unsigned i = 0; i < scan->objects->n; i++) {
		const struct object *o = &scan->objects->at[i];

		if (o->kind != OBJECT_NVIDIA || !(scan->object->fresh || o->fresh))
			continue;
		/* NVIDIA's own calls count in the driver's layer only. */
		if (scan->object->kind == OBJECT_NVIDIA && o->layer != LAYER_DRIVER)
			continue;
		if (elf_symbol(&o->image, name, 0))
			return true;
	}
	return false;
}

static void look_at_slot(struct scan *scan, const ElfW(Rela) * relocation)
{
	const struct elf_image *image = &scan->object->image;
	uint32_t type = ELF64_R_TYPE(relocation->r_info);
	uint32_t symbol = ELF64_R_SYM(relocation->r_info);
	void **slot = (void **)(image->base + relocation->r_offset);
	const char *name;
	void *seen, *target, *hook;

	if (type != ARCH_R_JUMP_SLOT && type != ARCH_R_GLOB_DAT && type != ARCH_R_ABSOLUTE)
		return;
	if ((uintptr_t)slot % sizeof(*slot) || !symbol)
		return;
	seen = target = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if (!seen || hook_is_ours(seen))
		return;
	name = image->strings + image->symbols[symbol].st_name;
	/* A lazy slot that leads back into its own object is not bound yet. */
	if (type == ARCH_R_JUMP_SLOT && range_has(&image->all, (uintptr_t)seen)) {
		if (!is_of_interest(scan, name))
			return;
		target = bind_as(scan, symbol);
		if (!target)
			return;
	}
	hook = replacement(scan, target, name);
	if (hook)
		put(scan, slot, seen, hook);
}

static void scan_object(struct scan *scan)
{
	const struct elf_image *image = &scan->object->image;

	scan->relro = RELRO_UNKNOWN;
	for (size_t i = 0; image->relocations && i < image->n_relocations; i++)
		look_at_slot(scan, &image->relocations[i]);
	for (size_t i = 0; image->plt && i < image->n_plt; i++)
		look_at_slot(scan, &image->plt[i]);
	if (scan->relro == RELRO_OPENED)
		protect_relro(scan->object, PROT_READ);
}

void slots_scan(const struct objects *objects)
{
	struct scan scan = { .objects = objects, .nvidia = { UINTPTR_MAX, 0 } };

	if (!objects->n_nvidia)
		return;
	for (unsigned i = 0; i < objects->n; i++) {
		const struct object *o = &objects->at[i];

		if (o->kind != OBJECT_NVIDIA)
			continue;
		if (o->image.all.low < scan.nvidia.low)
			scan.nvidia.low = o->image.all.low;
		if (o->image.all.high > scan.nvidia.high)
			scan.nvidia.high = o->image.all.high;
	}
	for (unsigned i = 0; i < objects->n; i++) {
		scan.object = &objects->at[i];
		if (scan.object->kind != OBJECT_SYSTEM &&
			(scan.object->fresh || objects->n_fresh_nvidia))
			scan_object(&scan);
	}
}
