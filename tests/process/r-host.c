/* SPDX-License-Identifier: MIT */
/* r-host LIBR SCRIPT: R in a program of another name, as RStudio and Positron have it. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char file[4096];
	char quiet[] = "--no-echo", plain[] = "--vanilla";
	char *arguments[] = { argv[0], quiet, plain, file, NULL };
	int (*initialise)(int, char **);
	void (*loop)(void);
	void *r = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;

	if (!r)
		return 77;
	snprintf(file, sizeof(file), "--file=%s", argv[2]);
	*(void **)&initialise = dlsym(r, "Rf_initialize_R");
	*(void **)&loop = dlsym(r, "Rf_mainloop");
	initialise(4, arguments);
	loop();
	return 0;
}
