/* SPDX-License-Identifier: MIT */
#include "taken.h"

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../ground/page.h"
#include "../objects/objects.h"
#include "../segment/layout.h"
#include "binding.h"

/* More data than this no library has tables in, and it would take its time. */
enum { DATA_MAX = 64 << 20 };

struct search {
	struct range drivers, all; /* NVIDIA's objects are inside: a quick first test */
	uintptr_t page_size;
};

static struct range around(bool (*is)(const struct object *object))
{
	const struct object_list *nvidia = objects_nvidia();
	struct range range = { UINTPTR_MAX, 0 };

	for (unsigned i = 0; i < nvidia->n; i++) {
		const struct range *more = &nvidia->at[i]->image.all;

		if (!is(nvidia->at[i]))
			continue;
		range.low = more->low < range.low ? more->low : range.low;
		range.high = more->high > range.high ? more->high : range.high;
	}
	return range;
}

static bool is_driver(const struct object *object)
{
	return object->layer == LAYER_DRIVER;
}

static bool is_any(const struct object *object)
{
	(void)object;
	return true;
}

static const struct object *owner_of(uintptr_t address)
{
	const struct object_list *nvidia = objects_nvidia();

	for (unsigned i = 0; i < nvidia->n; i++)
		if (range_has(&nvidia->at[i]->image.all, address))
			return nvidia->at[i];
	return NULL;
}

/*
 * Only the very address of a function that the library exports: a number that happens to be one is
 * not to be expected among those of 47 bits. The word may be written meanwhile: then it stays.
 */
static void look_at_word(const struct object *object, void **word)
{
	void *seen = __atomic_load_n(word, __ATOMIC_RELAXED), *hook;
	const struct object *owner = owner_of((uintptr_t)seen);
	const char *name;

	if (!owner || !elf_in_code(&owner->image, (uintptr_t)seen))
		return;
	name = elf_name_at(&owner->image, (uintptr_t)seen);
	hook = name ? binding_hook(owner, seen, name, object) : NULL;
	if (hook && page_is_writable(word))
		__atomic_compare_exchange_n(
			word, &seen, hook, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void look_at_page(
	const struct object *object, const struct range *wanted, void **from, void **to)
{
	for (void **word = from; word < to; word++)
		if (range_has(wanted, (uintptr_t)__atomic_load_n(word, __ATOMIC_RELAXED)))
			look_at_word(object, word);
}

/* Page by page: a program may have taken the right to read some away. */
static void look_at_data(
	const struct search *search, const struct object *object, const struct range *data)
{
	const struct range *wanted =
		object->kind == OBJECT_NVIDIA ? &search->drivers : &search->all;
	const struct range *relro = &object->image.relro;
	uintptr_t at = (data->low + sizeof(void *) - 1) & -sizeof(void *);

	for (uintptr_t end; at + sizeof(void *) <= data->high; at = end) {
		end = (at & -search->page_size) + search->page_size;
		if (end > data->high)
			end = data->high & -sizeof(void *);
		if (range_has(relro, at) && range_has(relro, end - 1))
			continue; /* slots.c has looked at what is there */
		if (page_is_readable((const void *)at))
			look_at_page(object, wanted, (void **)at, (void **)end);
	}
}

void taken_scan(void)
{
	const struct object_list *all = objects_all();
	const struct search search = { around(is_driver), around(is_any),
		(uintptr_t)sysconf(_SC_PAGESIZE) };

	for (unsigned i = 0; objects_nvidia()->n && i < all->n; i++) {
		const struct elf_image *image = &all->at[i]->image;

		if (all->at[i]->kind == OBJECT_SYSTEM || is_driver(all->at[i]))
			continue;
		for (unsigned k = 0; k < image->n_data; k++)
			if (image->data[k].high - image->data[k].low <= DATA_MAX)
				look_at_data(&search, all->at[i], &image->data[k]);
	}
}
