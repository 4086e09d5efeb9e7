/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../ground/page.h"
#include "../hooks/hooks.h"
#include "../objects/functions.h"
#include "../segment/writer.h"
#include "../session/process.h"

void places_begin(struct places *places, const struct object *object)
{
	*places = (struct places){ .object = object };
}

static bool is_writable(struct places *places, void *address)
{
	uintptr_t page = (uintptr_t)address & -(uintptr_t)sysconf(_SC_PAGESIZE);

	if (places->page != page && !page_is_writable(address))
		return false;
	places->page = page;
	return true;
}

/* ld.so protects whole pages and rounds both ends down (elf/dl-reloc.c, _dl_protect_relro). */
static int protect_relro(const struct object *object, int protection)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t low = object->image.relro.low & -page, high = object->image.relro.high & -page;

	return low < high ? mprotect((void *)low, high - low, protection) : -1;
}

void places_end(struct places *places)
{
	if (places->relro == RELRO_OPENED)
		protect_relro(places->object, PROT_READ);
}

static bool may_write(struct places *places, void **place)
{
	if (!range_has(&places->object->image.relro, (uintptr_t)place))
		return is_writable(places, place);
	if (places->relro == RELRO_UNKNOWN) {
		if (is_writable(places, place))
			places->relro = RELRO_WAS_OPEN;
		else
			places->relro = protect_relro(places->object, PROT_READ | PROT_WRITE)
						? RELRO_REFUSED
						: RELRO_OPENED;
	}
	/* The last page of the part may be shared with data and stay open. */
	return places->relro == RELRO_OPENED ||
	       (places->relro == RELRO_WAS_OPEN && is_writable(places, place));
}

/* A place that leads above the driver hides no call of the driver. */
void places_missed(void *target)
{
	const struct hook *found = hook_find(target);

	if (!process_touch())
		gap(found && found->layer != LAYER_DRIVER ? GAP_SLOTS_ABOVE : GAP_SLOTS);
}

static void replace(void **place, void *seen, void *hook)
{
	__atomic_compare_exchange_n(place, &seen, hook, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/*
 * A place among those from which each thread's own variables are made. Threads to come get theirs
 * from it. Those of the program's first thread are there before any look; of an object that came
 * later, all threads may have had theirs at once, and nobody tells (elf/dl-open.c and the
 * processor's dl-machine.h: static TLS, by need or for speed).
 */
static void put_for_threads(
	const struct places *places, void **place, void *seen, void *target, void *hook)
{
	const struct elf_image *image = &places->object->image;
	char *mine = NULL;

	if (loader_real.dlinfo)
		loader_real.dlinfo((void *)(uintptr_t)places->object->map, RTLD_DI_TLS_DATA, &mine);
	if (mine)
		replace((void **)(mine + ((uintptr_t)place - image->tls.low)), seen, hook);
	if (!loader_real.dlinfo || !places->object->first)
		places_missed(target);
}

void places_put(struct places *places, void **place, void *seen, void *target, void *hook)
{
	if (may_write(places, place))
		replace(place, seen, hook);
	else
		places_missed(target);
	if (range_has(&places->object->image.tls, (uintptr_t)place))
		put_for_threads(places, place, seen, target, hook);
}
