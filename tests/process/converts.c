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

/* Whether it likes the converter depends on its version; that it comes is what counts. */
static int convert(void)
{
	iconv_open("GPUSPY-A//", "GPUSPY-B//");
	return 0;
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
