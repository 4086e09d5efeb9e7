/* SPDX-License-Identifier: MIT */
#include "imports.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../cuda/interfaces.h"
#include "../cuda/layers.h"
#include "../ground/gnu_hash.h"

#define OWN_SONAME "libgpuspy.so"

struct object {
	const ElfW(Sym) * symbols;
	const char *strings, *soname;
	size_t strings_size;
	const uint32_t *hash, *old_hash; /* DT_GNU_HASH, DT_HASH */
	bool fixed;                      /* it is where it was linked to be: no library is */
};

static void read_object(struct object *object, const struct link_map *map)
{
	ElfW(Xword) soname = 0;

	memset(object, 0, sizeof(*object));
	object->fixed = !map->l_addr;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		uintptr_t value = d->d_un.d_ptr;

		/* The loader has made addresses of most of these, but not in every object. */
		if (value < map->l_addr)
			value += map->l_addr;
		if (d->d_tag == DT_SYMTAB)
			object->symbols = (const ElfW(Sym) *)value;
		else if (d->d_tag == DT_STRTAB)
			object->strings = (const char *)value;
		else if (d->d_tag == DT_STRSZ)
			object->strings_size = d->d_un.d_val;
		else if (d->d_tag == DT_GNU_HASH)
			object->hash = (const uint32_t *)value;
		else if (d->d_tag == DT_HASH)
			object->old_hash = (const uint32_t *)value;
		else if (d->d_tag == DT_SONAME)
			soname = d->d_un.d_val;
	}
	if (soname && object->strings)
		object->soname = object->strings + soname;
}

/*
 * What an object takes from others has the first numbers, for DT_GNU_HASH leaves it out; but not
 * the functions whose addresses a program has that is linked for one place (cc -no-pie): these
 * count as its own. An empty table begins behind all symbols (lld, gold), or does not say how many
 * there are (GNU ld, which writes 1); then the names begin where the symbols end. 0: unknown.
 */
static uint32_t imports_end(const struct object *object)
{
	const char *symbols = (const char *)object->symbols;
	uint32_t end;

	if (!symbols || !object->strings)
		return 0;
	if (!object->hash)
		return object->old_hash ? object->old_hash[1] : 0;
	if (object->hash[1] > 1 && !object->fixed)
		return object->hash[1];
	end = gnu_hash_end(object->hash);
	if (end || object->hash[1] > 1)
		return end ? end : object->hash[1];
	return object->strings > symbols
		       ? (uint32_t)((size_t)(object->strings - symbols) / sizeof(*object->symbols))
		       : 0;
}

/* What an object may do by what it takes from libc. */
enum takes {
	TAKES_CHILDREN = 1, /* start other processes */
	TAKES_SHELL = 2,    /* so by a shell: by libc, with the environment as it is then */
	TAKES_EXEC = 4,     /* become another program */
	TAKES_LOADER = 8,   /* load libraries, look functions up */
	TAKES_FILTERS = 16, /* make a filter of system calls */
	TAKES_ANY_OF_THESE = 31,
	TAKES_PENDING = 32, /* close standard error itself, as GNU's small programs do */
};

static const struct {
	char name[14];
	uint8_t takes;
} functions[] = {
	{ "fork", TAKES_CHILDREN },
	{ "vfork", TAKES_CHILDREN },
	{ "posix_spawn", TAKES_CHILDREN },
	{ "posix_spawnp", TAKES_CHILDREN },
	{ "_Fork", TAKES_CHILDREN },
	{ "__fork", TAKES_CHILDREN },
	{ "__clone", TAKES_CHILDREN },
	{ "__vfork", TAKES_CHILDREN },
	{ "clone", TAKES_CHILDREN },
	{ "clone3", TAKES_CHILDREN },
	{ "daemon", TAKES_CHILDREN },
	{ "forkpty", TAKES_CHILDREN },
	{ "wordexp", TAKES_CHILDREN | TAKES_SHELL },
	{ "syscall", TAKES_CHILDREN | TAKES_FILTERS },
	{ "system", TAKES_SHELL },
	{ "popen", TAKES_SHELL },
	{ "_IO_popen", TAKES_SHELL },
	{ "_IO_proc_open", TAKES_SHELL },
	{ "pidfd_spawn", TAKES_CHILDREN },
	{ "pidfd_spawnp", TAKES_CHILDREN },
	{ "execve", TAKES_EXEC },
	{ "execv", TAKES_EXEC },
	{ "execvp", TAKES_EXEC },
	{ "execvpe", TAKES_EXEC },
	{ "execl", TAKES_EXEC },
	{ "execlp", TAKES_EXEC },
	{ "execle", TAKES_EXEC },
	{ "fexecve", TAKES_EXEC },
	{ "execveat", TAKES_EXEC },
	{ "dlopen", TAKES_LOADER },
	{ "dlmopen", TAKES_LOADER },
	{ "dlsym", TAKES_LOADER },
	{ "dlvsym", TAKES_LOADER },
	{ "prctl", TAKES_FILTERS },
	{ "seccomp_load", TAKES_FILTERS },
	{ "__fpending", TAKES_PENDING },
};

enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

/* Of at least two letters. */
static unsigned takes_by(const char *name)
{
	for (unsigned i = 0; i < FUNCTIONS; i++)
		if (name[2] == functions[i].name[2] && !strcmp(name, functions[i].name))
			return functions[i].takes;
	return 0;
}

/* Two letters that one of the names begins with; most symbols begin with others. */
static uint32_t beginnings[32]; /* [first letter]: a bit for each second one */

static void know_beginnings(void)
{
	for (unsigned i = 0; i < FUNCTIONS; i++)
		beginnings[functions[i].name[0] & 31] |= 1u << (functions[i].name[1] & 31);
}

static bool may_be_function(const char *name)
{
	return *name && beginnings[*name & 31] >> (name[1] & 31) & 1;
}

/* What cannot be read may take any. */
static unsigned takes_of(const struct object *object)
{
	uint32_t end = imports_end(object);
	unsigned takes = end ? 0 : TAKES_ANY_OF_THESE;

	for (uint32_t i = 1; i < end; i++) {
		const ElfW(Sym) *symbol = &object->symbols[i];
		const char *name = object->strings + symbol->st_name;

		if (symbol->st_name >= object->strings_size)
			return TAKES_ANY_OF_THESE;
		if (symbol->st_shndx == SHN_UNDEF && may_be_function(name))
			takes |= takes_by(name);
	}
	return takes;
}

/*
 * glibc's own, and this library: they can, but do not by themselves. Nor does libselinux, which ls,
 * sed and tar have: it execs and loads for who puts a policy in place or starts programs itself
 * (rpm_execcon(3), selinux_mkload_policy(3)).
 */
static bool has_no_ways(const char *soname)
{
	static const char starts[][16] = { "libc.so.", "ld-linux", "libpthread.so.", "libdl.so.",
		"libm.so.", "linux-vdso", "libselinux.so.", OWN_SONAME };

	for (unsigned i = 0; soname && i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(soname, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static bool is_of_gpu(const char *path)
{
	return *path && (layer_of_library(path) != LAYER_NONE || interface_of_library(path));
}

/* Of the program and its libraries, as they were at the start; and what has come since. */
static struct {
	unsigned objects;
	unsigned takes, program_takes;
	bool of_gpu; /* one of them is */
} all;

static void look_at(const struct link_map *map)
{
	struct object object;

	read_object(&object, map);
	if (has_no_ways(object.soname))
		return;
	if ((all.takes & TAKES_ANY_OF_THESE) != TAKES_ANY_OF_THESE)
		all.takes |= takes_of(&object);
	if (map == _r_debug.r_map) /* the first */
		all.program_takes = all.takes;
	all.of_gpu |= is_of_gpu(map->l_name) || (object.soname && is_of_gpu(object.soname));
}

/* At the start, once: nothing comes in between. */
static void look_at_all(void)
{
	unsigned n = imports_objects();

	if (n == all.objects)
		return;
	know_beginnings();
	memset(&all, 0, sizeof(all));
	all.objects = n;
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		look_at(map);
}

bool imports_closes_error(void)
{
	look_at_all();
	return all.program_takes & TAKES_PENDING;
}

/* At the end the loader's list is not looked at: other threads may still load and unload. */
bool imports_can_start_children(void)
{
	return all.takes & (TAKES_CHILDREN | TAKES_SHELL);
}

bool imports_can_become(void)
{
	return all.takes & (TAKES_SHELL | TAKES_EXEC | TAKES_LOADER);
}

bool imports_can_filter(void)
{
	return all.takes & TAKES_FILTERS;
}

void imports_came(const struct link_map *map)
{
	struct object object;

	if (imports_can_start_children() && imports_can_filter())
		return;
	read_object(&object, map);
	if (!has_no_ways(object.soname))
		all.takes |= takes_of(&object);
}

void imports_begin(void)
{
	look_at_all();
}

bool imports_is_bystander(void)
{
	look_at_all();
	return !all.of_gpu && !(all.takes & (TAKES_CHILDREN | TAKES_EXEC | TAKES_LOADER));
}

unsigned imports_objects(void)
{
	unsigned n = 0;

	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		n++;
	return n;
}

bool imports_any_object(bool (*visit)(const char *path))
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (map->l_name && visit(map->l_name))
			return true;
	return false;
}

bool imports_second_copy(void)
{
	const struct link_map *map = _r_debug.r_map;
	struct object object;

	for (; map && map->l_ld != _DYNAMIC; map = map->l_next) {
		read_object(&object, map);
		if (object.soname && !strcmp(object.soname, OWN_SONAME))
			return true;
	}
	return !map; /* of another namespace (dlmopen): nothing here is ours */
}

const char *imports_own_path(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		if (map->l_ld == _DYNAMIC)
			return map->l_name;
	return "";
}

bool imports_came_late(void)
{
	struct object object;

	for (const struct link_map *map = _r_debug.r_map; map && map->l_ld != _DYNAMIC;
		map = map->l_next) {
		read_object(&object, map);
		if (object.soname && !strcmp(object.soname, "libc.so.6"))
			return true;
	}
	return false;
}
