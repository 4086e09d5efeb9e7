#include "kernels.h"

#include <stddef.h>
#include <string.h>

#include "../ground/lock.h"
#include "../ground/names.h"
#include "../segment/writer.h"
#include "generation.h"
#include "handles.h"
#include "observers.h"
#include "own_call.h"

enum { KERNELS_MAX = 4096, BUCKETS = 2 * KERNELS_MAX };

static struct handle_table handles;

/* Rows by name and device. All of this under LOCK_KERNELS. */
static struct kernel {
	const char *name;
	int device;
	uint32_t row;
} kernels[KERNELS_MAX];
static unsigned n_kernels;
static uint16_t buckets[BUCKETS]; /* numbers of kernels plus one */

static struct own_call function_name_call = { "cuFuncGetName" };
static struct own_call kernel_name_call = { "cuKernelGetName" };

static unsigned hash(const char *name, int device)
{
	uint32_t h = 2166136261u ^ (uint32_t)device;

	while (*name)
		h = (h ^ (unsigned char)*name++) * 16777619u;
	return h % BUCKETS;
}

static uint16_t *bucket_of(const char *name, int device)
{
	unsigned i = hash(name, device);

	for (; buckets[i]; i = (i + 1) % BUCKETS) {
		const struct kernel *k = &kernels[buckets[i] - 1];

		if (k->device == device && !strcmp(k->name, name))
			break;
	}
	return &buckets[i];
}

static uint32_t row_of_name(const char *name, int device)
{
	uint16_t *bucket = bucket_of(name, device);
	struct segment_row row = { .kind = ROW_KERNEL, .device = (int16_t)device };
	struct kernel *kernel;

	if (*bucket)
		return kernels[*bucket - 1].row;
	if (n_kernels == KERNELS_MAX)
		return 0;
	kernel = &kernels[n_kernels];
	row.name = writer_string(name);
	kernel->name = name_keep(name);
	kernel->row = row.name && kernel->name ? writer_row(&row) : 0;
	if (!kernel->row)
		return 0;
	kernel->device = device;
	*bucket = (uint16_t)++n_kernels;
	return kernel->row;
}

/*
 * The kind matters: a driver may not survive being asked for the CUfunction's name of a CUkernel. A
 * handle that no look-up gave out was launched as a function, so it is one.
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
	struct handle_entry *entry;
	struct handle_entry copy = { 0 };

	lock_take(LOCK_KERNELS);
	entry = handles_find(&handles, (uintptr_t)handle);
	if (entry)
		copy = *entry;
	lock_give(LOCK_KERNELS);
	if (copy.kernel.name)
		return copy.kernel.name;
	return ask_driver(handle, copy.kernel.kind);
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

/* Names are kept once each: a loop that loads and unloads a module must not eat memory. */
static const char *keep_once(const char *name)
{
	uint16_t *bucket = bucket_of(name, 0);

	return *bucket ? kernels[*bucket - 1].name : name_keep(name);
}

static void set(void *handle, enum kernel_handle kind, const char *name, const void *owner)
{
	struct handle_entry *entry = handles_find(&handles, (uintptr_t)handle);

	if (entry)
		generation_changes();
	entry = handles_put(&handles, (uintptr_t)handle);
	if (!entry)
		return;
	entry->kernel.name = name;
	entry->kernel.owner = owner;
	entry->kernel.kind = kind;
}

static bool is_set(void *handle, enum kernel_handle kind, const char *name, const void *owner)
{
	struct handle_entry *entry = handles_find(&handles, (uintptr_t)handle);

	return entry && entry->kernel.kind == kind && entry->kernel.owner == owner &&
	       entry->kernel.name && !strcmp(entry->kernel.name, name);
}

void kernel_named(void *handle, enum kernel_handle kind, const char *name, const void *owner)
{
	if (!handle || !name)
		return;
	lock_take(LOCK_KERNELS);
	if (!is_set(handle, kind, name, owner))
		set(handle, kind, keep_once(name), owner);
	lock_give(LOCK_KERNELS);
}

void kernel_same(void *handle, enum kernel_handle kind, const void *as)
{
	struct handle_entry *known;

	if (!handle)
		return;
	lock_take(LOCK_KERNELS);
	known = handles_find(&handles, (uintptr_t)as);
	if (known) {
		struct known_kernel copy = known->kernel;

		set(handle, kind, copy.name, copy.owner);
	} else {
		set(handle, kind, NULL, NULL);
	}
	lock_give(LOCK_KERNELS);
}

void kernel_seen(void *handle, enum kernel_handle kind, const void *owner)
{
	lock_take(LOCK_KERNELS);
	set(handle, kind, NULL, owner);
	lock_give(LOCK_KERNELS);
}

static bool is_of_owner(struct handle_entry *entry, void *owner)
{
	return entry->kernel.owner == owner;
}

void kernels_unloaded(const void *owner)
{
	lock_take(LOCK_KERNELS);
	handles_remove_if(&handles, is_of_owner, (void *)(uintptr_t)owner);
	generation_changes();
	lock_give(LOCK_KERNELS);
}

/* The rows stay: the child's segment has the same ones. */
void kernels_forget(void)
{
	handles_forget(&handles);
	generation_changes();
}
