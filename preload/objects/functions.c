/* SPDX-License-Identifier: MIT */
/*
 * How the real dlsym is found: in libc's own hash table, by way of the loader's list of objects.
 *
 * It must work when an IFUNC resolver of another object calls dlsym before this library is
 * relocated. So nothing here calls a function outside this file or uses an address that the loader
 * would have to fill in. Where ld.so is, the kernel says (AT_BASE in /proc/self/auxv, proc(5));
 * its _r_debug leads to the list of objects (<link.h>).
 */
#include "functions.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch.h"

union loader_functions loader_real, loader_next;
struct thread_functions loader_threads;
struct r_debug *loader_list;
struct link_map *loader_self;

/* This library's own beginning (made by the linker), by which it is known in the list. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* The compiler must not make a call to strcmp or memset of what is written here. */
#define FREESTANDING __attribute__((optimize("no-tree-loop-distribute-patterns")))
#ifdef __clang__
#undef FREESTANDING
#define FREESTANDING __attribute__((no_builtin))
#endif

FREESTANDING static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

struct table {
	uintptr_t base;
	const ElfW(Sym) * symbols;
	const char *strings, *soname;
	const uint32_t *hash;
	const uint16_t *versions;
};

FREESTANDING static void read_dynamic(struct table *t, uintptr_t base, const ElfW(Dyn) * dynamic)
{
	const ElfW(Dyn) *soname = NULL;

	t->base = base;
	t->symbols = NULL;
	t->strings = t->soname = NULL;
	t->hash = NULL;
	t->versions = NULL;
	for (const ElfW(Dyn) *d = dynamic; d->d_tag != DT_NULL; d++) {
		uintptr_t value = d->d_un.d_ptr;

		if (value < base)
			value += base;
		/* No switch: it could become a table of addresses. */
		if (d->d_tag == DT_SYMTAB)
			t->symbols = (const ElfW(Sym) *)value;
		else if (d->d_tag == DT_STRTAB)
			t->strings = (const char *)value;
		else if (d->d_tag == DT_GNU_HASH)
			t->hash = (const uint32_t *)value;
		else if (d->d_tag == DT_VERSYM)
			t->versions = (const uint16_t *)value;
		else if (d->d_tag == DT_SONAME)
			soname = d;
	}
	if (soname && t->strings)
		t->soname = t->strings + soname->d_un.d_val;
}

/* The filter before the table, which the loader itself has read for each symbol that it bound. */
FREESTANDING static int may_have(const uint32_t *table, uint32_t hash)
{
	enum { BITS = 8 * sizeof(ElfW(Addr)) };
	ElfW(Addr) word = ((const ElfW(Addr) *)(table + 4))[(hash / BITS) & (table[2] - 1)];

	return (word >> (hash % BITS)) & (word >> ((hash >> table[3]) % BITS)) & 1;
}

/* Of DT_GNU_HASH. */
FREESTANDING static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

/* The default version of a symbol, else a hidden one. */
FREESTANDING static void *find_symbol(const struct table *t, const char *name, uint32_t hash)
{
	const uint32_t *buckets, *chain;
	uint32_t i, n, first;
	void *hidden = NULL;

	if (!t->symbols || !t->strings || !t->hash || !may_have(t->hash, hash))
		return NULL;
	n = t->hash[0];
	first = t->hash[1];
	buckets = (const uint32_t *)((const ElfW(Addr) *)(t->hash + 4) + t->hash[2]);
	chain = buckets + n;
	i = buckets[hash % n];
	if (i < first)
		return NULL;
	for (;; i++) {
		const ElfW(Sym) *symbol = &t->symbols[i];
		uint32_t link = chain[i - first];

		if ((link | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF &&
			same(t->strings + symbol->st_name, name)) {
			void *address = (void *)(t->base + symbol->st_value);

			if (!t->versions || !(t->versions[i] & 0x8000))
				return address;
			hidden = address;
		}
		if (link & 1)
			return hidden;
	}
}

FREESTANDING static void *look_up(const struct table *t, const char *name)
{
	return find_symbol(t, name, hash_of(name));
}

/* Where ld.so is loaded, 0: unknown. */
FREESTANDING static uintptr_t loader_base(void)
{
	static const char path[] = "/proc/self/auxv";
	ElfW(auxv_t) vector[64];
	long n, fd = arch_syscall3(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = arch_syscall3(SYS_read, fd, (long)vector, sizeof(vector));
	arch_syscall3(SYS_close, fd, 0, 0);
	for (long i = 0; i < n / (long)sizeof(vector[0]); i++)
		if (vector[i].a_type == AT_BASE)
			return vector[i].a_un.a_val;
	return 0;
}

FREESTANDING static struct r_debug *find_list(void)
{
	/* Filled in when this library is relocated, which it mostly is. */
	static struct r_debug *volatile relocated = &_r_debug;
	uintptr_t base = relocated ? 0 : loader_base();
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)base;
	const ElfW(Phdr) * segment;
	struct table t;

	if (!base)
		return relocated;
	segment = (const ElfW(Phdr) *)(base + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++, segment++) {
		if (segment->p_type != PT_DYNAMIC)
			continue;
		read_dynamic(&t, base, (const ElfW(Dyn) *)(base + segment->p_vaddr));
		return look_up(&t, "_r_debug");
	}
	return NULL;
}

static const char names[][8] = { "dlsym", "dlvsym", "dlopen", "dlclose", "dladdr", "dladdr1",
	"dlmopen", "_exit", "dlerror", "dlinfo" };

enum { FUNCTIONS = sizeof(names) / sizeof(names[0]) };

_Static_assert(FUNCTIONS * sizeof(void *) == sizeof(union loader_functions), "a name for each");

/* Those that a table has and that nobody before it had. */
FREESTANDING static void take(union loader_functions *to, const struct table *t)
{
	for (int i = 0; i < FUNCTIONS; i++)
		if (!to->all[i])
			to->all[i] = look_up(t, names[i]);
}

/* libdl: before glibc 2.34. */
FREESTANDING static int is_libc(const struct table *t)
{
	return t->soname && (same(t->soname, "libc.so.6") || same(t->soname, "libdl.so.2"));
}

/* All or none: libc has some of them before it has the others. */
FREESTANDING static void take_threads(const struct table *t)
{
	struct thread_functions found;

	if (!t->soname || (!same(t->soname, "libc.so.6") && !same(t->soname, "libpthread.so.0")))
		return;
	found.getattr_np = look_up(t, "pthread_getattr_np");
	found.attr_getstack = look_up(t, "pthread_attr_getstack");
	found.key_create = look_up(t, "pthread_key_create");
	found.setspecific = look_up(t, "pthread_setspecific");
	if (found.getattr_np && found.attr_getstack && found.key_create && found.setspecific) {
		loader_threads.getattr_np = found.getattr_np;
		loader_threads.attr_getstack = found.attr_getstack;
		loader_threads.setspecific = found.setspecific;
		__atomic_store_n(&loader_threads.key_create, found.key_create, __ATOMIC_RELEASE);
	}
}

/*
 * What ld.so would bind for this library is the first definition in the list, which at the start is
 * its search order; after this library, the next one's. Loaded late, this library stands after
 * libc, and libc's are the next.
 */
FREESTANDING int loader_resolve(void)
{
	static union loader_functions real, next;
	struct r_debug *list = find_list();
	struct table t;

	for (struct link_map *m = list ? list->r_map : NULL; m; m = m->l_next) {
		read_dynamic(&t, m->l_addr, m->l_ld);
		if (m->l_addr == (uintptr_t)__ehdr_start)
			loader_self = m;
		else if (loader_self && !real.dlsym)
			take(&next, &t);
		if (is_libc(&t))
			take(&real, &t);
		if (!loader_threads.key_create)
			take_threads(&t);
	}
	if (!real.dlsym)
		return 0;
	loader_list = list;
	for (int i = FUNCTIONS - 1; i >= 0; i--) {
		loader_next.all[i] = next.all[i] ? next.all[i] : real.all[i];
		/* The first is dlsym: who finds it finds the others. */
		__atomic_store_n(&loader_real.all[i], real.all[i], __ATOMIC_RELEASE);
	}
	return 1;
}

void loader_came(const struct link_map *map)
{
	struct table t;

	if (loader_threads.key_create)
		return;
	read_dynamic(&t, map->l_addr, map->l_ld);
	take_threads(&t);
}

struct named {
	const char *name;
	uint32_t hash;
};

/* Each that is not found yet. False: some are missing still. */
static bool take_named(void **to, size_t n, const struct named *named, const struct table *t)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		if (!to[i])
			to[i] = find_symbol(t, named[i].name, named[i].hash);
		all &= to[i] != NULL;
	}
	return all;
}

void loader_next_of(void **to, size_t n, const char *wanted)
{
	bool after = false, all = false;
	struct named named[LOADER_NEXT_MAX];
	struct table t;

	for (size_t i = 0; i < n; i++, wanted += strlen(wanted) + 1)
		named[i] = (struct named){ wanted, hash_of(wanted) };
	for (struct link_map *m = _r_debug.r_map; m && !all; m = m->l_next) {
		if (after) {
			read_dynamic(&t, m->l_addr, m->l_ld);
			all = take_named(to, n, named, &t);
		}
		after |= m->l_addr == (uintptr_t)__ehdr_start;
	}
	/* Loaded late, this library stands after libc. */
	for (struct link_map *m = _r_debug.r_map; m && !all; m = m->l_next) {
		read_dynamic(&t, m->l_addr, m->l_ld);
		if (is_libc(&t))
			all = take_named(to, n, named, &t);
	}
}
