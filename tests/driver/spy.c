/* SPDX-License-Identifier: MIT */
/*
 * A libcuda.so.1 that does nothing and notes what it is asked for: each look-up of the runtime's
 * goes to the file that SPY_OUTPUT names, as "name<TAB>version<TAB>flags". See update.sh.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_DEVICE = 100, NOT_FOUND = 500, VERSION = 99000 };

static int nothing(void)
{
	return NO_DEVICE;
}

int cuInit(unsigned flags)
{
	(void)flags;
	return NO_DEVICE;
}

int cuDriverGetVersion(int *version)
{
	*version = VERSION;
	return 0;
}

int cuGetExportTable(const void **table, const void *id)
{
	(void)table, (void)id;
	return NOT_FOUND;
}

int cuGetProcAddress_v2(const char *name, void **out, int version, uint64_t flags, int *result);

int cuGetProcAddress(const char *name, void **out, int version, uint64_t flags)
{
	return cuGetProcAddress_v2(name, out, version, flags, NULL);
}

int cuGetProcAddress_v2(const char *name, void **out, int version, uint64_t flags, int *result)
{
	FILE *file = fopen(getenv("SPY_OUTPUT"), "ae");

	if (file) {
		fprintf(file, "%s\t%d\t%llu\n", name, version, (unsigned long long)flags);
		fclose(file);
	}
	*out = (void *)nothing;
	if (!strcmp(name, "cuDriverGetVersion"))
		*out = (void *)cuDriverGetVersion;
	else if (!strcmp(name, "cuGetExportTable"))
		*out = (void *)cuGetExportTable;
	else if (!strcmp(name, "cuGetProcAddress"))
		*out = version < 12000 ? (void *)cuGetProcAddress : (void *)cuGetProcAddress_v2;
	if (result)
		*result = 0;
	return 0;
}
