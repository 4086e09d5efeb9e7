/* SPDX-License-Identifier: MIT */
#include "handles.h"

#include <string.h>
#include <sys/mman.h>

enum { FIRST_SIZE = 1024 };

static size_t home(const struct handle_table *t, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 32) & (t->size - 1);
}

static size_t following(const struct handle_table *t, size_t i)
{
	return (i + 1) & (t->size - 1);
}

struct handle_entry *handles_find(const struct handle_table *t, uint64_t key)
{
	if (!t->size)
		return NULL;
	for (size_t i = home(t, key); t->entries[i].key; i = following(t, i))
		if (t->entries[i].key == key)
			return &t->entries[i];
	return NULL;
}

/* The key is not there and there is room. */
static struct handle_entry *insert(struct handle_table *t, uint64_t key)
{
	size_t i = home(t, key);

	while (t->entries[i].key)
		i = following(t, i);
	memset(&t->entries[i], 0, sizeof(t->entries[i]));
	t->entries[i].key = key;
	t->used++;
	return &t->entries[i];
}

static int grow(struct handle_table *t)
{
	struct handle_table bigger = { .size = t->size ? 2 * t->size : FIRST_SIZE };
	size_t bytes = bigger.size * sizeof(*bigger.entries);

	bigger.entries =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bigger.entries == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < t->size; i++)
		if (t->entries[i].key)
			*insert(&bigger, t->entries[i].key) = t->entries[i];
	if (t->size)
		munmap(t->entries, t->size * sizeof(*t->entries));
	*t = bigger;
	return 0;
}

struct handle_entry *handles_put(struct handle_table *t, uint64_t key)
{
	struct handle_entry *entry = handles_find(t, key);

	if (entry)
		return entry;
	/* At most three quarters are used, so a search ends soon. */
	if (4 * (t->used + 1) > 3 * t->size && grow(t) && t->used + 1 >= t->size)
		return NULL;
	return insert(t, key);
}

/* What was pushed on by the removed entry moves back (Knuth, 6.4, algorithm R). */
void handles_remove(struct handle_table *t, struct handle_entry *entry)
{
	size_t hole = (size_t)(entry - t->entries), i = hole;

	t->used--;
	for (;;) {
		size_t wanted;

		i = following(t, i);
		if (!t->entries[i].key)
			break;
		wanted = home(t, t->entries[i].key);
		if (((i - wanted) & (t->size - 1)) < ((i - hole) & (t->size - 1)))
			continue;
		t->entries[hole] = t->entries[i];
		hole = i;
	}
	t->entries[hole].key = 0;
}

void handles_remove_if(struct handle_table *t,
	bool (*gone)(struct handle_entry *entry, void *context), void *context)
{
	for (size_t i = 0; t->used && i < t->size;) {
		/* Another entry may move to where one is removed. */
		if (t->entries[i].key && gone(&t->entries[i], context))
			handles_remove(t, &t->entries[i]);
		else
			i++;
	}
}

void handles_forget(struct handle_table *t)
{
	memset(t, 0, sizeof(*t));
}
