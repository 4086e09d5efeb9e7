/* SPDX-License-Identifier: MIT */
/* static [SECONDS]: a program without a loader, into which nothing can be preloaded; it waits. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1)
		sleep((unsigned)atoi(argv[1]));
	return 0;
}
