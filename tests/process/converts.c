/* SPDX-License-Identifier: MIT */
/*
 * converts [CHILDREN]: a small program alone with libc, which cannot load a library itself. libc
 * does it for iconv_open(3): the converter of GCONV_PATH (converter.c). So do its forked children,
 * and then it does not.
 */
#include <iconv.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int convert(void)
{
	return iconv_open("GPUSPY-A//", "GPUSPY-B//") == (iconv_t)-1;
}

int main(int argc, char **argv)
{
	int children = argc > 1 ? atoi(argv[1]) : 0, failed = 0;

	if (!children)
		return convert();
	for (int i = 0; i < children; i++) {
		int status = 1;

		if (!fork())
			exit(convert());
		wait(&status);
		failed |= status;
	}
	return failed != 0;
}
