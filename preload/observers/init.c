/*
 * cuInit and its result, the driver's version, the devices.
 */
#include <stddef.h>
#include <string.h>

#include "../cuda/abi.h"
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

const struct observer init_observers[] = {
	{ "cuInit", NULL, after_init },
	{ NULL },
};
