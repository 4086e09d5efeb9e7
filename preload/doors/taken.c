/* SPDX-License-Identifier: MIT */
#include "taken.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/lock.h"
#include "../ground/page.h"
#include "../objects/objects.h"
#include "../segment/layout.h"
#include "binding.h"

enum { WINDOW = 256, DATA_MAX = 64 << 20 };

static struct search {
	struct range drivers, all; /* NVIDIA's objects are inside: a quick first test */
	uintptr_t page_size;
	int pagemap;
	uint64_t first, n; /* pages whose entries are here */
	uint64_t entries[WINDOW];
} search LARGE;

/*
 * A page that was never written has nothing that was put there while the program ran, and cuBLASLt
 * has nearly 100 MB of those. What the kernel says of a page is in /proc/self/pagemap (proc(5)): in
 * memory, or swapped out, and not of a file.
 */
static bool was_written(uintptr_t address)
{
	const uint64_t there = 3ull << 62, of_file = 1ull << 61;
	uint64_t number = address / search.page_size, entry;

	if (search.pagemap < 0)
		return true;
	if (number < search.first || number >= search.first + search.n) {
		ssize_t got = pread(search.pagemap, search.entries, sizeof(search.entries),
			(off_t)(number * sizeof(entry)));

		search.first = number;
		search.n = got > 0 ? (uint64_t)got / sizeof(entry) : 0;
		if (!search.n)
			return true;
	}
	entry = search.entries[number - search.first];
	return entry & there && !(entry & of_file);
}

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

	hook = owner ? binding_hook(owner, seen, NULL, object) : NULL;
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
static void look_at_data(const struct object *object, const struct range *data)
{
	const struct range *wanted = object->kind == OBJECT_NVIDIA ? &search.drivers : &search.all;
	const struct range *relro = &object->image.relro;
	uintptr_t at = (data->low + sizeof(void *) - 1) & -sizeof(void *);

	for (uintptr_t end; at + sizeof(void *) <= data->high; at = end) {
		end = (at & -search.page_size) + search.page_size;
		if (end > data->high)
			end = data->high & -sizeof(void *);
		if (range_has(relro, at) && range_has(relro, end - 1))
			continue; /* slots.c has looked at what is there */
		if (was_written(at) && page_is_readable((const void *)at))
			look_at_page(object, wanted, (void **)at, (void **)end);
	}
}

static void look_at_object(const struct object *object)
{
	const struct elf_image *image = &object->image;

	for (unsigned k = 0; k < image->n_data; k++) {
		/* Without the kernel's word all would have to be read, from the disk too. */
		if (search.pagemap < 0 && image->data[k].high - image->data[k].low > DATA_MAX)
			continue;
		look_at_data(object, &image->data[k]);
	}
}

void taken_scan(void)
{
	const struct object_list *all = objects_all();

	if (!objects_nvidia()->n)
		return;
	cancel_hold();
	search.drivers = around(is_driver);
	search.all = around(is_any);
	search.page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	search.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < all->n; i++)
		if (all->at[i]->kind != OBJECT_SYSTEM && !is_driver(all->at[i]))
			look_at_object(all->at[i]);
	if (search.pagemap >= 0)
		close(search.pagemap);
	cancel_release();
}
