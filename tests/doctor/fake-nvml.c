/* A libnvidia-ml: one GPU; MIG mode is on with FAKE_MIG=1, the status of init in FAKE_NVML. */
#include <stdlib.h>
#include <string.h>

int nvmlInit_v2(void);
int nvmlSystemGetDriverVersion(char *version, unsigned size);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetName(void *device, char *name, unsigned size);
int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *next);

int nvmlInit_v2(void)
{
	const char *status = getenv("FAKE_NVML");

	return status ? atoi(status) : 0;
}

int nvmlSystemGetDriverVersion(char *version, unsigned size)
{
	strncpy(version, "550.54.15", size);
	return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 1;
	return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	static int gpu;

	*device = &gpu;
	return index != 0;
}

int nvmlDeviceGetName(void *device, char *name, unsigned size)
{
	(void)device;
	strncpy(name, "Fake GPU", size);
	return 0;
}

int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *next)
{
	(void)device;
	*now = *next = getenv("FAKE_MIG") != NULL;
	return 0;
}
