/* SPDX-License-Identifier: MIT */
/* Calls through a function that ends in a jump to a second one with a hook: see tail.c. */
#include <stdio.h>

int curandTail(int (*function)(int *), int *argument);
#ifdef __aarch64__
__attribute__((aarch64_vector_pcs))
#endif
int curandVectors(int status);
int cuDriverGetVersion(int *version);
int cuDeviceGetCount(int *count);
int cuInit(unsigned flags);

int main(void)
{
	int version, count, failed = cuInit(0);

	for (int i = 0; i < 1000; i++) {
		failed |= curandTail(cuDriverGetVersion, &version);
		failed |= curandTail(cuDeviceGetCount, &count);
	}
	failed |= curandVectors(0);
	/* One that fails at the end of the jump fails for both. */
	printf("failed %d, devices %d, without argument %d\n", failed, count,
		curandTail(cuDriverGetVersion, NULL));
	return failed;
}
