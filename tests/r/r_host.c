/* SPDX-License-Identifier: MIT */
/*
 * A program that has R inside, as RStudio's rsession and Positron's ark have: r_host LIBR SCRIPT.
 * R_HOME is in the environment.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *r = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
	char name[] = "r_host", no_echo[] = "--no-echo", no_restore[] = "--no-restore",
	     script[4096];
	char *arguments[] = { name, no_echo, no_restore, script, NULL };
	int (*initialize)(int, char **);
	void (*loop)(void);

	if (!r) {
		fprintf(stderr, "r_host: %s\n", argc == 3 ? dlerror() : "LIBR SCRIPT");
		return 1;
	}
	snprintf(script, sizeof(script), "--file=%.4000s", argv[2]);
	initialize = (int (*)(int, char **))(uintptr_t)dlsym(r, "Rf_initialize_R");
	loop = (void (*)(void))(uintptr_t)dlsym(r, "Rf_mainloop");
	if (!initialize || !loop)
		return 1;
	initialize(4, arguments);
	loop();
	return 0;
}
