/* SPDX-License-Identifier: MIT */
/* client-look: says whether libgpuspy.so is in this process. Built static and setuid too. */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

int main(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];
	int found = 0;

	while (maps && fgets(line, sizeof(line), maps))
		found |= strstr(line, "libgpuspy.so") != NULL;
	printf("secure %lu, gpuspy %s\n", getauxval(AT_SECURE), found ? "yes" : "no");
	return 0;
}
