/* SPDX-License-Identifier: MIT */
/*
 * A libcuda that is not marked as simulated: what cuInit answers is in FAKE_INIT, how many devices
 * there are in FAKE_DEVICES. FAKE_INIT=hang and =crash do so.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cuInit(unsigned flags);
int cuDriverGetVersion(int *version);
int cuDeviceGetCount(int *count);
int cuDeviceGet(int *device, int ordinal);
int cuDeviceGetName(char *name, int size, int device);

int cuInit(unsigned flags)
{
	const char *answer = getenv("FAKE_INIT");

	(void)flags;
	if (answer && !strcmp(answer, "hang"))
		pause();
	if (answer && !strcmp(answer, "crash"))
		abort();
	return answer ? atoi(answer) : 0;
}

int cuDriverGetVersion(int *version)
{
	*version = 12040;
	return 0;
}

int cuDeviceGetCount(int *count)
{
	const char *devices = getenv("FAKE_DEVICES");

	*count = devices ? atoi(devices) : 1;
	return 0;
}

int cuDeviceGet(int *device, int ordinal)
{
	*device = ordinal;
	return 0;
}

int cuDeviceGetName(char *name, int size, int device)
{
	(void)device;
	strncpy(name, "Fake GPU", (size_t)size);
	return 0;
}
