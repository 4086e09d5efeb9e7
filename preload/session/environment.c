/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../ground/large.h"

enum { ROOM = 1024, AUXILIARY_MAX = 2 * 64 };

/* Where the kernel put the number of arguments, then those, the environment and more (ld.so). */
extern void *__libc_stack_end __attribute__((weak));

LARGE static char *room[ROOM];

static char **entry_of(const char *assignment, size_t *count)
{
	size_t length = (size_t)(strchr(assignment, '=') - assignment) + 1;
	char **found = NULL;

	for (*count = 0; environ && environ[*count]; ++*count)
		if (!strncmp(environ[*count], assignment, length))
			found = &environ[*count];
	return found;
}

/*
 * Some programs look behind the environment for the auxiliary vector, which the kernel put there
 * (getauxval(3) does not). So it goes along, if the environment is still where the kernel put it.
 */
static size_t auxiliary_words(size_t count)
{
	char **first = &__libc_stack_end ? (char **)__libc_stack_end : NULL;
	size_t words = 0;

	if (!first || environ != first + 2 + *(long *)first)
		return 0;
	for (const ElfW(auxv_t) *entry = (const void *)&environ[count + 1]; words < AUXILIARY_MAX;
		entry++) {
		words += sizeof(*entry) / sizeof(char *);
		if (entry->a_type == AT_NULL)
			return words;
	}
	return 0;
}

static char **take_room(size_t words)
{
	void *map;

	if (words <= ROOM)
		return room;
	map = mmap(NULL, words * sizeof(char *), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return map == MAP_FAILED ? NULL : map;
}

void environment_put(char *assignment)
{
	size_t count, auxiliary;
	char **entry = entry_of(assignment, &count), **longer;

	if (entry) {
		__atomic_store_n(entry, assignment, __ATOMIC_RELEASE);
		return;
	}
	auxiliary = auxiliary_words(count);
	longer = take_room(count + 2 + auxiliary);
	if (!longer)
		return;
	if (count && longer != environ)
		memcpy(longer, environ, count * sizeof(char *));
	longer[count + 1] = NULL;
	if (auxiliary)
		memcpy(&longer[count + 2], &environ[count + 1], auxiliary * sizeof(char *));
	/* Others may read this array already: the end comes first. */
	__atomic_store_n(&longer[count], assignment, __ATOMIC_RELEASE);
	__atomic_store_n(&environ, longer, __ATOMIC_RELEASE);
}

void environment_remove(const char *name)
{
	size_t length = strlen(name);
	char **to = environ;

	for (char **from = environ; from && *from; from++)
		if (strncmp(*from, name, length) != 0 || (*from)[length] != '=')
			*to++ = *from;
	if (to)
		*to = NULL;
}
