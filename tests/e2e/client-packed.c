/* SPDX-License-Identifier: MIT */
/* Calls the driver by an address in a packed structure, which no single store can change. */
#include <stdio.h>

int cuInit(unsigned flags);
int cuDeviceGetCount(int *count);

static struct __attribute__((packed)) {
	char before;
	int (*init)(unsigned flags);
} volatile table = { 'x', cuInit };

int main(void)
{
	int count, failed = table.init(0) | cuDeviceGetCount(&count);

	printf("failed %d, devices %d\n", failed, count);
	return failed;
}
