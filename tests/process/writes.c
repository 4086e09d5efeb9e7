/* SPDX-License-Identifier: MIT */
/*
 * writes HOW: initialises the driver, and ends with output left in its streams, or with descriptors
 * that are not what they were. Closes standard error at exit as GNU's small programs do
 * (close_stdout).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../sim/standins/include/sim_driver.h"

enum { HIGH = 400 };

static void close_streams(void)
{
	if (__fpending(stderr) || fclose(stderr))
		_exit(9);
}

/* Every descriptor is one of the program's own file, whatever was there. */
static void fill_descriptors(void)
{
	int own = open("own", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int fd = 3; fd < HIGH; fd++)
		if (fd != own && dup2(own, fd) < 0)
			_exit(9);
	if (write(own, "precious\n", 9) != 9)
		_exit(9);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (cuInit(0))
		return 9;
	if (!strcmp(how, "no-stdout")) {
		stdout = NULL;
	} else if (!strcmp(how, "closed-stdout")) {
		fclose(stdout);
	} else if (!strcmp(how, "gone-stdout")) {
		fclose(stdout);
		stdout = NULL;
	} else if (!strcmp(how, "second")) {
		fputs("second\n", fdopen(dup(STDOUT_FILENO), "w"));
		puts("first");
	} else if (!strcmp(how, "error")) {
		static char buffer[BUFSIZ];

		setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
		fputs("error\n", stderr);
		puts("output");
	} else if (!strcmp(how, "descriptors")) {
		atexit(close_streams);
		fill_descriptors();
	} else if (!strcmp(how, "daemon")) {
		atexit(close_streams);
		puts("started");
		if (fflush(stdout) || daemon(0, 0))
			return 9;
		sleep(argc > 2 ? (unsigned)atoi(argv[2]) : 0);
		_exit(0);
	}
	return 3;
}
