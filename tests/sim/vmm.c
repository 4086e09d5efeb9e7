/* SPDX-License-Identifier: MIT */
/*
 * Memory in pieces: cuMemCreate makes an allocation, cuMemMap puts it at a reserved address. It
 * counts as allocated from its creation until it is neither mapped nor held by a handle.
 */
#include "export.h"
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GRANULARITY = 2 << 20 };

struct reservation {
	cu_pointer start;
	size_t bytes;
	struct reservation *next;
};

static struct reservation *reservations;

static bool reserved(cu_pointer start, size_t bytes)
{
	for (struct reservation *at = reservations; at; at = at->next)
		if (start >= at->start && bytes <= at->bytes &&
			start - at->start <= at->bytes - bytes)
			return true;
	return false;
}

FUNCTION(cuMemGetAllocationGranularity,
	(size_t * bytes, const struct cu_allocation_properties *properties, int option),
	(bytes, properties, option))
{
	if (!bytes || !properties || option < 0 || option > 1)
		return CU_ERROR_INVALID_VALUE;
	*bytes = GRANULARITY;
	return CU_OK;
}

FUNCTION(cuMemAddressReserve,
	(cu_pointer * out, size_t bytes, size_t alignment, cu_pointer wanted,
		unsigned long long flags),
	(out, bytes, alignment, wanted, flags))
{
	struct reservation *made;
	size_t room = bytes + (alignment > GRANULARITY ? alignment : GRANULARITY);
	uintptr_t start, mask = (alignment > GRANULARITY ? alignment : GRANULARITY) - 1;
	void *at;

	(void)wanted; /* a hint */
	if (!out || !bytes || bytes % GRANULARITY || flags || alignment & (alignment - 1))
		return CU_ERROR_INVALID_VALUE;
	made = malloc(sizeof(*made));
	at = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!made || at == MAP_FAILED) {
		free(made);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	start = ((uintptr_t)at + mask) & ~mask;
	if (start != (uintptr_t)at)
		munmap(at, start - (uintptr_t)at);
	munmap((void *)(start + bytes), (uintptr_t)at + room - start - bytes);
	*made = (struct reservation){ start, bytes, reservations };
	reservations = made;
	*out = start;
	return CU_OK;
}

FUNCTION(cuMemAddressFree, (cu_pointer start, size_t bytes), (start, bytes))
{
	for (struct reservation **at = &reservations; *at; at = &(*at)->next) {
		struct reservation *found = *at;

		if (found->start != start || found->bytes != bytes)
			continue;
		for (struct memory *memory = memory_first(); memory; memory = memory->next)
			if (memory->start >= start && memory->start < start + bytes)
				return CU_ERROR_INVALID_VALUE; /* still mapped */
		*at = found->next;
		munmap((void *)(uintptr_t)start, bytes);
		free(found);
		return CU_OK;
	}
	return CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuMemCreate,
	(struct allocation * *out, size_t bytes, const struct cu_allocation_properties *properties,
		unsigned long long flags),
	(out, bytes, properties, flags))
{
	struct allocation *made;
	struct device *device = NULL;

	if (!out || !bytes || bytes % GRANULARITY || !properties || flags)
		return CU_ERROR_INVALID_VALUE;
	if (properties->location.type == CU_LOCATION_DEVICE) {
		device = device_get(properties->location.id);
		if (!device)
			return CU_ERROR_INVALID_DEVICE;
		if (bytes > device->total - device->live)
			return CU_ERROR_OUT_OF_MEMORY;
	}
	made = object_new(OBJECT_ALLOCATION);
	if (!made)
		return CU_ERROR_OUT_OF_MEMORY;
	made->file = memfd_create("simulated device memory", MFD_CLOEXEC);
	if (made->file < 0 || ftruncate(made->file, (off_t)bytes)) {
		if (made->file >= 0)
			close(made->file);
		object_free(made);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	made->device = device;
	made->properties = *properties;
	made->bytes = bytes;
	made->handles = 1;
	if (device)
		memory_account(device, (int64_t)bytes, true);
	*out = made;
	return CU_OK;
}

static void drop(struct allocation *allocation)
{
	if (allocation->handles || allocation->maps)
		return;
	if (allocation->device && !allocation->imported)
		memory_account(allocation->device, -(int64_t)allocation->bytes, true);
	close(allocation->file);
	object_free(allocation);
}

FUNCTION(cuMemRelease, (void *handle), (handle))
{
	struct allocation *allocation = object_get(OBJECT_ALLOCATION, handle);

	if (!allocation || !allocation->handles)
		return CU_ERROR_INVALID_VALUE;
	allocation->handles--;
	drop(allocation);
	return CU_OK;
}

FUNCTION(cuMemRetainAllocationHandle, (void **out, void *at), (out, at))
{
	struct memory *memory = memory_find((uintptr_t)at);

	if (!out || !memory || memory->type != MEMORY_MAPPED)
		return CU_ERROR_INVALID_VALUE;
	memory->allocation->handles++;
	*out = memory->allocation;
	return CU_OK;
}

FUNCTION(cuMemGetAllocationPropertiesFromHandle,
	(struct cu_allocation_properties * properties, void *handle), (properties, handle))
{
	struct allocation *allocation = object_get(OBJECT_ALLOCATION, handle);

	if (!properties || !allocation)
		return CU_ERROR_INVALID_VALUE;
	*properties = allocation->properties;
	return CU_OK;
}

FUNCTION(cuMemMap,
	(cu_pointer start, size_t bytes, size_t offset, void *handle, unsigned long long flags),
	(start, bytes, offset, handle, flags))
{
	struct allocation *allocation = object_get(OBJECT_ALLOCATION, handle);
	struct memory *memory;

	if (!allocation || flags || offset || bytes != allocation->bytes || !reserved(start, bytes))
		return CU_ERROR_INVALID_VALUE;
	memory = memory_enter((void *)(uintptr_t)start, bytes, MEMORY_MAPPED);
	if (!memory)
		return CU_ERROR_INVALID_VALUE; /* something is mapped there */
	/* Until cuMemSetAccess nobody may touch it. */
	if (mmap((void *)(uintptr_t)start, bytes, PROT_NONE, MAP_SHARED | MAP_FIXED,
		    allocation->file, 0) == MAP_FAILED) {
		memory_leave(memory);
		return CU_ERROR_MAP_FAILED;
	}
	memory->device = allocation->device;
	memory->allocation = allocation;
	allocation->maps++;
	return CU_OK;
}

/* The whole mappings that begin in a range. */
FUNCTION(cuMemUnmap, (cu_pointer start, size_t bytes), (start, bytes))
{
	struct memory *next;
	unsigned count = 0;

	for (struct memory *memory = memory_first(); memory; memory = next) {
		struct allocation *allocation = memory->allocation;

		next = memory->next;
		if (memory->type != MEMORY_MAPPED || memory->start < start ||
			memory->start >= start + bytes)
			continue;
		if (mmap((void *)(uintptr_t)memory->start, memory->bytes, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
			    0) == MAP_FAILED)
			return CU_ERROR_UNMAP_FAILED;
		memory_leave(memory);
		allocation->maps--;
		drop(allocation);
		count++;
	}
	return count ? CU_OK : CU_ERROR_INVALID_VALUE;
}

FUNCTION(cuMemSetAccess,
	(cu_pointer start, size_t bytes, const struct cu_access *access, size_t count),
	(start, bytes, access, count))
{
	int protection = PROT_NONE;

	if (!access || !count || !memory_covers(start, bytes))
		return CU_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count; i++) {
		if (access[i].location.type == CU_LOCATION_DEVICE &&
			!device_get(access[i].location.id))
			return CU_ERROR_INVALID_DEVICE;
		protection |= access[i].flags == 3   ? PROT_READ | PROT_WRITE
			      : access[i].flags == 1 ? PROT_READ
						     : PROT_NONE;
	}
	return mprotect((void *)(uintptr_t)start, bytes, protection) ? CU_ERROR_INVALID_VALUE
								     : CU_OK;
}

FUNCTION(cuMemGetAccess,
	(unsigned long long *flags, const struct cu_location *location, cu_pointer address),
	(flags, location, address))
{
	struct memory *memory = memory_find(address);

	if (!flags || !location || !memory || memory->type != MEMORY_MAPPED)
		return CU_ERROR_INVALID_VALUE;
	*flags = 3;
	return CU_OK;
}

enum { POSIX_FILE = 1 }; /* CUmemAllocationHandleType */

FUNCTION(cuMemExportToShareableHandle, (int *out, void *handle, int type, unsigned long long flags),
	(out, handle, type, flags))
{
	struct allocation *allocation = object_get(OBJECT_ALLOCATION, handle);

	if (!out || !allocation || flags || !(allocation->properties.handle_types & type))
		return CU_ERROR_INVALID_VALUE;
	if (type != POSIX_FILE)
		return CU_ERROR_NOT_SUPPORTED;
	*out = fcntl(allocation->file, F_DUPFD_CLOEXEC, 0);
	return *out < 0 ? CU_ERROR_OPERATING_SYSTEM : CU_OK;
}

/* The file descriptor comes in the pointer itself, and stays the caller's. */
FUNCTION(cuMemImportFromShareableHandle, (void **out, void *file, int type), (out, file, type))
{
	struct allocation *made;
	struct stat status;

	if (!out || type != POSIX_FILE || fstat((int)(intptr_t)file, &status) ||
		status.st_size <= 0 || status.st_size % GRANULARITY)
		return CU_ERROR_INVALID_VALUE;
	made = object_new(OBJECT_ALLOCATION);
	if (!made)
		return CU_ERROR_OUT_OF_MEMORY;
	made->file = fcntl((int)(intptr_t)file, F_DUPFD_CLOEXEC, 0);
	if (made->file < 0) {
		object_free(made);
		return CU_ERROR_OPERATING_SYSTEM;
	}
	made->device = device_get(0);
	made->imported = true;
	made->bytes = (size_t)status.st_size;
	made->handles = 1;
	made->properties.type = CU_ALLOCATION_PINNED;
	made->properties.handle_types = POSIX_FILE;
	made->properties.location.type = CU_LOCATION_DEVICE;
	*out = made;
	return CU_OK;
}
