/* SPDX-License-Identifier: MIT */
/*
 * The environment that a program finds, whose variable of gpuspy's came without setenv: main's own
 * pointer, what stands behind it, and all that libc can do with it.
 */
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "../clients/check.h"

static unsigned count(char **list)
{
	unsigned n = 0;

	while (list[n])
		n++;
	return n;
}

/* As programs look for it that do not use getauxval(). */
static void check_auxiliary(char **envp)
{
	const ElfW(auxv_t) *entry = (const void *)(envp + count(envp) + 1);

	while (entry->a_type != AT_NULL && entry->a_type != AT_PAGESZ)
		entry++;
	CHECK_TRUE(entry->a_type == AT_PAGESZ);
	CHECK_TRUE(entry->a_un.a_val == getauxval(AT_PAGESZ));
}

/* What can start nothing has no need of a session. */
int (*volatile starts)(const char *, char *const *) = execv;

int main(int argc, char **argv, char **envp)
{
	const char *session = getenv("GPUSPY_SESSION");
	char added[] = "ENVIRONMENT_PUT=2";
	unsigned before = count(environ);

	(void)argc;
	(void)argv;
	CHECK_TRUE(envp == environ);
	check_auxiliary(envp);
	CHECK_TRUE(!getenv("GPUSPY_WANTED") || session);
	for (unsigned i = 0; i < before; i++)
		for (unsigned k = i + 1; k < before; k++)
			CHECK_TRUE(strcmp(environ[i], environ[k]));
	CHECK(setenv("ENVIRONMENT_SET", "1", 1));
	CHECK(putenv(added));
	CHECK_TRUE(count(environ) == before + 2);
	CHECK_TRUE(!session || !strcmp(session, getenv("GPUSPY_SESSION")));
	CHECK(unsetenv("GPUSPY_SESSION"));
	CHECK_TRUE(!getenv("GPUSPY_SESSION"));
	CHECK(unsetenv("ENVIRONMENT_SET"));
	CHECK(clearenv());
	CHECK_TRUE(!environ || !*environ);
	CHECK(setenv("ENVIRONMENT_SET", "3", 1));
	CHECK_TRUE(count(environ) == 1);
	puts("fine");
	return 0;
}
