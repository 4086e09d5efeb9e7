/*
 * A libnvidia-ml.so.1 of one device, for tests: that of the made-up sessions by its UUID, or
 * another one where FAKE_NVML_OTHER is set.
 */
#include <stdio.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int nvmlInit_v2(void);
EXPORT int nvmlShutdown(void);
EXPORT int nvmlDeviceGetCount_v2(unsigned *count);
EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
EXPORT int nvmlDeviceGetName(void *device, char *name, unsigned size);
EXPORT int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size);
EXPORT int nvmlDeviceGetMemoryInfo(void *device, unsigned long long memory[3]);
EXPORT int nvmlDeviceGetUtilizationRates(void *device, unsigned shares[2]);

int nvmlInit_v2(void)
{
	return getenv("FAKE_NVML_FAILS") ? 9 : 0; /* NVML_ERROR_DRIVER_NOT_LOADED */
}

int nvmlShutdown(void)
{
	return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 1;
	return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	static int one;

	*device = &one;
	return index ? 2 : 0;
}

int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
	(void)device;
	snprintf(name, size, "Fake \033[31mGPU");
	return 0;
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size)
{
	(void)device;
	snprintf(uuid, size, "%s",
		getenv("FAKE_NVML_OTHER") ? "GPU-00000000-0000-0000-0000-000000000000"
					  : "GPU-abababab-abab-abab-abab-abababababab");
	return 0;
}

int nvmlDeviceGetMemoryInfo(void *device, unsigned long long memory[3])
{
	(void)device;
	memory[0] = 64ull << 30;
	memory[1] = 60ull << 30;
	memory[2] = 4ull << 30;
	return 0;
}

int nvmlDeviceGetUtilizationRates(void *device, unsigned shares[2])
{
	(void)device;
	shares[0] = 37;
	shares[1] = 5;
	return 0;
}
