/* SPDX-License-Identifier: MIT */
/*
 * gpuspy is loaded by dlopen in the middle of a random program. What the accounts say at that
 * moment is kept: the ledger's in a copy of its file, FILE.before, the program's own as its first
 * line of output.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "world.h"

static bool copy_file(const char *from, const char *to)
{
	char buffer[65536];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	bool done = in && out;
	size_t n;

	while (done && (n = fread(buffer, 1, sizeof(buffer), in)))
		done = fwrite(buffer, 1, n, out) == n;
	if (in)
		fclose(in);
	if (out)
		done &= !fclose(out);
	return done;
}

void late_load(void)
{
	const char *ledger = getenv("SIM_LEDGER"), *library = getenv("LATE_LIBRARY");
	char before[4096];

	tally_print(world.seed, world.threads, !world.layers);
	snprintf(before, sizeof(before), "%s.before", ledger ? ledger : "");
	if (!library)
		return; /* the same program without gpuspy */
	if (!ledger || !copy_file(ledger, before) ||
		!dlopen(library, RTLD_NOW | (world.seed % 2 ? RTLD_GLOBAL : RTLD_LOCAL))) {
		fprintf(stderr, "cannot load late: %s\n", dlerror());
		exit(1);
	}
}
