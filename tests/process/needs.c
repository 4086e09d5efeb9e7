/* SPDX-License-Identifier: MIT */
/*
 * What a look at its file has to find. As a library (-DLIBRARY): one whose name does not begin with
 * "lib". As a program: needs that library, or (-DTAIL) dlopen, whose name stands at the end of
 * another one's in the table of strings.
 */
#if defined(LIBRARY)

int needed(void);
int needed(void)
{
	return 0;
}

#elif defined(TAIL)

#include <dlfcn.h>

void *tail_of_dlopen(const char *path);
void *tail_of_dlopen(const char *path)
{
	return path ? dlopen(path, RTLD_NOW) : 0;
}

/* Linkers write "dlopen" as the end of this name. */
void *my_dlopen(const char *path) __attribute__((alias("tail_of_dlopen")));

int main(int argc, char **argv)
{
	return argc > 1 && !tail_of_dlopen(argv[1]);
}

#else

int needed(void);

int main(void)
{
	return needed();
}

#endif
