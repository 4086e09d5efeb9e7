/* SPDX-License-Identifier: MIT */
#include "imports.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../cuda/interfaces.h"
#include "../cuda/layers.h"

#define OWN_SONAME "libgpuspy.so"

struct object {
	const ElfW(Sym) * symbols;
	const char *strings, *soname;
	const uint32_t *hash; /* DT_GNU_HASH */
};

static void read_object(struct object *object, const struct link_map *map)
{
	ElfW(Xword) soname = 0;

	memset(object, 0, sizeof(*object));
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		uintptr_t value = d->d_un.d_ptr;

		/* The loader has made addresses of most of these, but not in every object. */
		if (value < map->l_addr)
			value += map->l_addr;
		if (d->d_tag == DT_SYMTAB)
			object->symbols = (const ElfW(Sym) *)value;
		else if (d->d_tag == DT_STRTAB)
			object->strings = (const char *)value;
		else if (d->d_tag == DT_GNU_HASH)
			object->hash = (const uint32_t *)value;
		else if (d->d_tag == DT_SONAME)
			soname = d->d_un.d_val;
	}
	if (soname && object->strings)
		object->soname = object->strings + soname;
}

/*
 * What an object takes from others has the first numbers, for the hash table leaves it out. An
 * empty table does not say how many there are; then the names begin where the symbols end, as
 * linkers write them. 0: unknown.
 */
static uint32_t imports_end(const struct object *object)
{
	const char *symbols = (const char *)object->symbols;
	const uint32_t *buckets;

	if (!symbols || !object->strings || !object->hash)
		return 0;
	buckets = (const uint32_t *)((const ElfW(Addr) *)(object->hash + 4) + object->hash[2]);
	if (object->hash[0] > 1 || buckets[0])
		return object->hash[1];
	if (object->strings < symbols)
		return 0;
	return (uint32_t)((size_t)(object->strings - symbols) / sizeof(*object->symbols));
}

typedef const char function_name[16];

static bool is_one_of(const char *name, function_name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (*name == *names[i] && !strcmp(name, names[i]))
			return true;
	return false;
}

static uint32_t letter(char c)
{
	return 1u << (c & 31);
}

/* Most symbols begin with a letter that none of the names begins with. */
static bool object_imports(const struct object *object, function_name *names, size_t n)
{
	uint32_t end = imports_end(object), letters = 0;

	for (size_t i = 0; i < n; i++)
		letters |= letter(*names[i]);
	for (uint32_t i = 1; i < end; i++) {
		const ElfW(Sym) *symbol = &object->symbols[i];
		const char *name = object->strings + symbol->st_name;

		if (symbol->st_shndx == SHN_UNDEF && (letters & letter(*name)) &&
			is_one_of(name, names, n))
			return true;
	}
	return false;
}

bool imports_closes_error(void)
{
	static function_name pending[] = { "__fpending" };
	struct object program;

	if (!_r_debug.r_map)
		return false;
	read_object(&program, _r_debug.r_map);
	return object_imports(&program, pending, 1);
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

/* What cannot be read may take anything. */
static bool may_import(const struct object *object, function_name *names, size_t n)
{
	return !has_no_ways(object->soname) &&
	       (!imports_end(object) || object_imports(object, names, n));
}

/* system and popen start a shell: by libc, with the environment as it is then (main/starts.c). */
#define STARTERS                                                                                \
	"fork", "vfork", "_Fork", "posix_spawn", "posix_spawnp", "clone", "syscall", "forkpty", \
		"daemon", "wordexp"

static function_name starters[] = { STARTERS, "system", "popen" };
static function_name filters[] = { "prctl", "syscall", "seccomp_load" };

#define MAY_IMPORT(object, names) may_import(object, names, sizeof(names) / sizeof(names[0]))

static bool any_imports(function_name *names, size_t n)
{
	struct object object;

	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		read_object(&object, map);
		if (may_import(&object, names, n))
			return true;
	}
	return false;
}

/* At the end the loader's list is not looked at: other threads may still load and unload. */
static struct {
	bool known, start_children, filter;
} can;

void imports_came(const struct link_map *map)
{
	struct object object;

	if (can.start_children && can.filter)
		return;
	read_object(&object, map);
	can.start_children |= !can.start_children && MAY_IMPORT(&object, starters);
	can.filter |= !can.filter && MAY_IMPORT(&object, filters);
}

void imports_begin(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		imports_came(map);
	can.known = true;
}

bool imports_can_start_children(void)
{
	if (can.known)
		return can.start_children;
	return any_imports(starters, sizeof(starters) / sizeof(starters[0]));
}

bool imports_can_filter(void)
{
	return can.filter;
}

static bool is_of_gpu(const char *path)
{
	return *path && (layer_of_library(path) != LAYER_NONE || interface_of_library(path));
}

bool imports_is_bystander(void)
{
	static function_name names[] = { STARTERS, "dlopen", "dlmopen", "dlsym", "dlvsym", "execve",
		"execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "execveat",
		"clone3" };
	struct object object;

	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		read_object(&object, map);
		if (has_no_ways(object.soname))
			continue;
		if (may_import(&object, names, sizeof(names) / sizeof(names[0])) ||
			is_of_gpu(map->l_name) || (object.soname && is_of_gpu(object.soname)))
			return false;
	}
	return true;
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
