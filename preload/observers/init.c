/* SPDX-License-Identifier: MIT */
/*
 * cuInit and its result, the driver's version, the devices.
 */
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "../cuda/abi.h"
#include "../cuda/layers.h"
#include "../ground/lock.h"
#include "../hooks/threads.h"
#include "../objects/objects.h"
#include "../segment/writer.h"
#include "../session/process.h"
#include "observers.h"
#include "own_call.h"

static struct own_call version_call = { "cuDriverGetVersion" };
static struct own_call count_call = { "cuDeviceGetCount" };
static struct own_call device_call = { "cuDeviceGet" };
static struct own_call name_call = { "cuDeviceGetName" };
static struct own_call memory_call = { "cuDeviceTotalMem_v2" };
static struct own_call uuid_v2_call = { "cuDeviceGetUuid_v2" };
static struct own_call state_call = { "cuDevicePrimaryCtxGetState" };
static struct own_call uuid_call = { "cuDeviceGetUuid" };

static void read_uuid(struct segment_device *to, cu_device device)
{
	int (*uuid)(struct cu_uuid * uuid, cu_device device) = own_call(&uuid_v2_call);
	struct cu_uuid id;

	if (!uuid)
		uuid = own_call(&uuid_call);
	if (!uuid || uuid(&id, device))
		return;
	memcpy(to->uuid, id.bytes, sizeof(to->uuid));
	to->has_uuid = 1;
}

static void read_device(int ordinal)
{
	int (*get)(cu_device * device, int ordinal) = own_call(&device_call);
	int (*name)(char *name, int size, cu_device device);
	int (*memory)(size_t * bytes, cu_device device);
	struct segment_device *to = writer_device(ordinal);
	cu_device device;
	size_t bytes;

	if (!to || !get || get(&device, ordinal))
		return;
	name = own_call(&name_call);
	to->has_name = name && !name(to->name, sizeof(to->name), device);
	memory = own_call(&memory_call);
	if (memory && !memory(&bytes, device))
		to->total_bytes = bytes;
	read_uuid(to, device);
}

static void read_devices(void)
{
	int (*version)(int *version) = own_call(&version_call);
	int (*count)(int *count) = own_call(&count_call);
	int n;

	if (version && !version(&n))
		segment->driver_version = (uint32_t)n;
	if (!count || count(&n))
		return;
	segment->device_count = n;
	for (int i = 0; i < n; i++)
		read_device(i);
}

static int is_at(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	return info->dlpi_addr == *(const uintptr_t *)base && info->dlpi_name &&
	       layer_of_library(info->dlpi_name) == LAYER_DRIVER;
}

/*
 * The driver may have been unloaded, which nobody has looked at yet: not a byte of it is there. Not
 * asked in a forked child, which may find the loader's lock taken for ever.
 */
static bool driver_is_there(void)
{
	const struct object *driver = objects_find_layer(LAYER_DRIVER);
	uintptr_t base = driver ? driver->image.base : 0;

	return driver && !segment->forked && dl_iterate_phdr(is_at, &base);
}

int observers_contexts(void)
{
	int (*get)(cu_device * device, int ordinal) = NULL;
	int (*state)(cu_device device, unsigned *flags, int *active) = NULL;
	int n = segment->device_count, contexts = 0, active;
	unsigned flags;
	cu_device device;

	if (!segment->init_ok || n <= 0 || lock_is_held() || thread_in_call() || !driver_is_there())
		return -1;
	for (int i = 0; i < n && i < SEGMENT_DEVICES_MAX; i++) {
		get = own_call(&device_call);
		if (!get || get(&device, i))
			return -1;
		state = own_call(&state_call);
		if (!state || state(device, &flags, &active))
			return -1;
		contexts += active != 0;
	}
	return contexts;
}

/* The driver reads it now. The program may have set it since it started. */
static void before_init(struct frame *frame)
{
	(void)frame;
	process_note_visible();
}

/* The static runtime asks for no more if the answer is too old for it. */
static void after_version(struct frame *frame, int status)
{
	const int *version = ARGUMENT(frame, 0, const int *);

	if (!status && version && *version > 0)
		segment->driver_version = (uint32_t)*version;
}

static void after_init(struct frame *frame, int status)
{
	(void)frame;
	segment->init_status = status;
	__atomic_fetch_add(&segment->init_calls, 1, __ATOMIC_RELAXED);
	if (status)
		process_note_access();
	if (!status && !__atomic_exchange_n(&segment->init_ok, 1, __ATOMIC_ACQ_REL))
		read_devices();
}

/* Not at once: the load lock is held then, and the driver may be waiting for it. */
void init_was_before(void)
{
	if (!segment->init_ok && !__atomic_exchange_n(&segment->init_ok, 1, __ATOMIC_ACQ_REL))
		read_devices();
}

const struct observer init_observers[] = {
	{ "cuInit", before_init, after_init },
	{ "cuDriverGetVersion", NULL, after_version },
	{ NULL },
};
