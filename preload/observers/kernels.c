/* SPDX-License-Identifier: MIT */
#include "kernels.h"

#include <stddef.h>
#include <string.h>

#include "../ground/hash.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../ground/names.h"
#include "../segment/writer.h"
#include "contexts.h"
#include "generation.h"
#include "handles.h"
#include "observers.h"
#include "own_call.h"

enum { KERNELS_MAX = 4096, BUCKETS = 2 * KERNELS_MAX };

/*
 * What handles stand for. Those whose module, library or context may be ending are set apart before
 * the call that ends it: their values can be given out again before it has come back, and nobody
 * is to be asked about them.
 */
static struct handle_table handles, unloading;
static struct handle_table names; /* by hash: all that were kept, each once */

/* Rows by name and device. All of this under LOCK_KERNELS. */
static struct kernel {
	const char *name;
	int device;
	uint32_t row;
} kernels[KERNELS_MAX] LARGE;
static unsigned n_kernels;
LARGE static uint16_t buckets[BUCKETS]; /* numbers of kernels plus one */

/* Handles were given out before anybody looked, or there was no memory to note one. */
static bool missed;

static struct own_call function_name_call = { "cuFuncGetName" };
static struct own_call kernel_name_call = { "cuKernelGetName" };

static uint16_t *bucket_of(const char *name, int device)
{
	unsigned i = (unsigned)((hash_text(name) + (unsigned)device) % BUCKETS);

	for (; buckets[i]; i = (i + 1) % BUCKETS) {
		const struct kernel *k = &kernels[buckets[i] - 1];

		if (k->device == device && !strcmp(k->name, name))
			break;
	}
	return &buckets[i];
}

/* Each is kept once: a loop that loads and unloads a module must not eat memory. */
static const char *keep_once(const char *name)
{
	uint64_t key = hash_text(name);
	struct handle_entry *entry;

	do
		entry = ++key ? handles_find(&names, key) : NULL;
	while (entry && strcmp(entry->name, name));
	if (entry)
		return entry->name;
	name = name_keep(name);
	entry = name && key ? handles_put(&names, key) : NULL;
	if (entry)
		entry->name = name;
	return name;
}

static uint32_t row_of_name(const char *name, int device)
{
	uint16_t *bucket = bucket_of(name, device);
	struct segment_row row = { .kind = ROW_KERNEL, .device = (int16_t)device };
	struct kernel *kernel;

	if (*bucket)
		return kernels[*bucket - 1].row;
	if (n_kernels == KERNELS_MAX || !writer_has_rows(1))
		return 0;
	kernel = &kernels[n_kernels];
	row.name = writer_string(name);
	kernel->name = keep_once(name);
	kernel->row = row.name && kernel->name ? writer_row(&row) : 0;
	if (!kernel->row)
		return 0;
	kernel->device = device;
	*bucket = (uint16_t)++n_kernels;
	return kernel->row;
}

/*
 * The kind matters: a driver may not survive being asked for the CUfunction's name of a CUkernel. A
 * handle that no look-up gave out was launched as a function, so it is one; but not where look-ups
 * were missed.
 */
static const char *ask_driver(void *handle, enum kernel_handle kind)
{
	int (*get)(const char **name, void *handle) =
		own_call(kind == HANDLE_KERNEL ? &kernel_name_call : &function_name_call);
	const char *name;

	return get && !get(&name, handle) ? name : NULL;
}

static const char *name_of(void *handle)
{
	struct known_kernel known = { .kind = HANDLE_FUNCTION };
	const struct handle_entry *entry;
	bool is_ending = false;

	lock_take(LOCK_KERNELS);
	entry = handles_find(&handles, (uintptr_t)handle);
	if (!entry) {
		entry = handles_find(&unloading, (uintptr_t)handle);
		is_ending = entry != NULL;
	}
	if (entry)
		known = entry->kernel;
	lock_give(LOCK_KERNELS);
	if (known.name || is_ending || (missed && !entry))
		return known.name;
	return ask_driver(handle, (enum kernel_handle)known.kind);
}

uint32_t kernel_row(void *function, int device)
{
	const char *name = name_of(function);
	uint32_t row;

	if (!name || !*name)
		return 0;
	lock_take(LOCK_KERNELS);
	row = row_of_name(name, device);
	lock_give(LOCK_KERNELS);
	return row;
}

static bool same(const struct known_kernel *one, const struct known_kernel *other)
{
	return one->name == other->name && one->owner == other->owner &&
	       one->context == other->context && one->kind == other->kind;
}

static void set(void *handle, const struct known_kernel *kernel)
{
	struct handle_entry *entry = handles_find(&handles, (uintptr_t)handle);

	if (entry && same(&entry->kernel, kernel))
		return;
	if (entry)
		generation_changes();
	entry = handles_put(&handles, (uintptr_t)handle);
	if (entry)
		entry->kernel = *kernel;
	else
		missed = true;
}

/* A function ends with its context too, a kernel of a library does not. */
static struct known_kernel new_kernel(enum kernel_handle kind, const void *owner)
{
	struct context *context = kind == HANDLE_FUNCTION ? context_current() : NULL;

	return (struct known_kernel){ .owner = owner,
		.context = context && !context->common ? context_number(context) : NO_CONTEXT,
		.kind = (uint8_t)kind };
}

void kernel_named(void *handle, enum kernel_handle kind, const char *name, const void *owner)
{
	struct known_kernel kernel;

	if (!handle || !name)
		return;
	kernel = new_kernel(kind, owner);
	lock_take(LOCK_KERNELS);
	kernel.name = keep_once(name);
	set(handle, &kernel);
	lock_give(LOCK_KERNELS);
}

void kernel_same(void *handle, enum kernel_handle kind, const void *as)
{
	struct known_kernel kernel;
	const struct handle_entry *known;

	if (!handle)
		return;
	kernel = new_kernel(kind, NULL);
	lock_take(LOCK_KERNELS);
	known = handles_find(&handles, (uintptr_t)as);
	if (known) {
		kernel.name = known->kernel.name;
		kernel.owner = known->kernel.owner;
	}
	set(handle, &kernel);
	lock_give(LOCK_KERNELS);
}

void kernel_seen(void *handle, enum kernel_handle kind, const void *owner)
{
	struct known_kernel kernel = new_kernel(kind, owner);

	lock_take(LOCK_KERNELS);
	set(handle, &kernel);
	lock_give(LOCK_KERNELS);
}

struct ending {
	const void *owner;
	uint32_t context; /* NO_CONTEXT: of the owner alone */
	uint16_t number;
};

/* Without memory they stay where they are, and are as good as they ever were. */
static bool set_apart(struct handle_entry *entry, void *what)
{
	const struct ending *ending = what;
	struct handle_entry *apart;

	if (ending->context == NO_CONTEXT ? entry->kernel.owner != ending->owner
					  : entry->kernel.context != ending->context)
		return false;
	apart = handles_put(&unloading, entry->key);
	if (!apart)
		return false;
	apart->kernel = entry->kernel;
	apart->kernel.unloading = ending->number;
	return true;
}

static bool is_of_call(struct handle_entry *entry, void *what)
{
	const struct ending *ending = what;

	return ending->context == NO_CONTEXT
		       ? entry->kernel.unloading == ending->number
		       : !entry->kernel.unloading && entry->kernel.context == ending->context;
}

static bool put_back(struct handle_entry *entry, void *what)
{
	struct handle_entry *back;

	if (!is_of_call(entry, what))
		return false;
	back = handles_find(&handles, entry->key) ? NULL : handles_put(&handles, entry->key);
	if (back) {
		back->kernel = entry->kernel;
		back->kernel.unloading = 0;
	}
	return true;
}

static void begin_ending(struct ending *ending)
{
	lock_take(LOCK_KERNELS);
	handles_remove_if(&handles, set_apart, ending);
	generation_changes();
	lock_give(LOCK_KERNELS);
}

static void end_ending(struct ending *ending, bool (*what)(struct handle_entry *, void *))
{
	lock_take(LOCK_KERNELS);
	handles_remove_if(&unloading, what, ending);
	generation_changes();
	lock_give(LOCK_KERNELS);
}

unsigned kernels_unload(const void *owner)
{
	static uint16_t last;
	struct ending ending = { owner, NO_CONTEXT, 0 };

	do
		ending.number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
	while (!ending.number);
	begin_ending(&ending);
	return ending.number;
}

void kernels_unloaded(unsigned number)
{
	end_ending(&(struct ending){ NULL, NO_CONTEXT, (uint16_t)number }, is_of_call);
}

void kernels_stay(unsigned number)
{
	end_ending(&(struct ending){ NULL, NO_CONTEXT, (uint16_t)number }, put_back);
}

void kernels_context_ends(const struct context *context)
{
	begin_ending(&(struct ending){ NULL, context_number(context), 0 });
}

void kernels_context_ended(const struct context *context)
{
	end_ending(&(struct ending){ NULL, context_number(context), 0 }, is_of_call);
}

void kernels_context_lives_on(const struct context *context)
{
	end_ending(&(struct ending){ NULL, context_number(context), 0 }, put_back);
}

void kernels_come_late(void)
{
	missed = true;
}

/* The rows stay: the child's segment has the same ones. */
void kernels_forget(void)
{
	handles_forget(&handles);
	handles_forget(&unloading);
	handles_forget(&names);
	generation_changes();
}
