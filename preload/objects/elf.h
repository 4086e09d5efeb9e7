/* SPDX-License-Identifier: MIT */
/*
 * A loaded object as ld.so left it in memory: its dynamic section, symbols and relocations.
 *
 * Facts: gABI chapters 4 and 5; the GNU hash table and symbol versions as in the LSB and glibc's
 * elf/dl-lookup.c. All pointers are into the object and live as long as it stays loaded.
 */
#ifndef GPUSPY_OBJECTS_ELF_H
#define GPUSPY_OBJECTS_ELF_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBJECT_CODE_MAX = 4, OBJECT_DATA_MAX = 2 };

struct range {
	uintptr_t low, high; /* [low, high) */
};

struct elf_image {
	uintptr_t base; /* l_addr */
	struct range all;
	struct range relro;
	struct range tls; /* what the variables of threads begin as, without those that are 0 */
	struct range code[OBJECT_CODE_MAX]; /* segments that can be executed, and read */
	unsigned n_code;
	struct range data[OBJECT_DATA_MAX]; /* that can be written; RELRO is inside of one */
	unsigned n_data;
	const ElfW(Dyn) * dynamic;
	const ElfW(Sym) * symbols;
	const char *strings;
	const char *soname; /* NULL: none */
	const uint32_t *gnu_hash, *sysv_hash;
	const uint16_t *versions;
	const ElfW(Verneed) * needed;
	const ElfW(Verdef) * defined;
	const ElfW(Rela) * relocations, *plt;
	size_t n_relocations, n_plt;
	size_t n_relative; /* the first of `relocations`: they name no symbol */
	bool bound;        /* linked with -z now: no slot is left to be bound later */
};

/*
 * Reads an object by its base (l_addr) and its program headers, as dl_iterate_phdr(3) gives them.
 */
void elf_read(struct elf_image *image, uintptr_t base, const ElfW(Phdr) * headers, size_t n);

/* A name and its hash, for those who look it up in many objects. */
struct elf_name {
	const char *text;
	uint32_t hash;
};

struct elf_name elf_name(const char *text);

/* Does the object define the name? */
bool elf_defines(const struct elf_image *image, const struct elf_name *name);

/*
 * The definition of `name`, whatever its version; with `address` not 0, the one at that address.
 * NULL: none.
 */
const ElfW(Sym) * elf_symbol(const struct elf_image *image, const char *name, uintptr_t address);

/* Does it call anything that it does not define itself? Weak references do not count. */
bool elf_imports(const struct elf_image *image);

/* The name of a function at the address, found by looking at all symbols; NULL: none. */
const char *elf_name_at(const struct elf_image *image, uintptr_t address);

/* The address of a function that the object defines; NULL: none, or an IFUNC. */
void *elf_function(const struct elf_image *image, const char *name);

/* Does the object ask others for that name, in its code or data? */
bool elf_refers_to(const struct elf_image *image, const char *name);

/* The version that a symbol of the object asks for, NULL: none. */
const char *elf_wanted_version(const struct elf_image *image, uint32_t symbol);

/*
 * In a program that is not position-independent, an undefined function can have an address of its
 * own (its PLT entry). True when that is what `address` is.
 */
bool elf_is_canonical_plt(const struct elf_image *image, const char *name, uintptr_t address);

/* The base name of the library's version definition: its SONAME when it was linked; NULL: none. */
const char *elf_version_base(const struct elf_image *image);

/* A return in the object's code (arch_is_return()), for arch_call_from(); NULL: none. */
const void *elf_return_instruction(const struct elf_image *image);

/*
 * Has ld.so relocated the object? As its first relative relocation tells; true where there is none.
 * One that is being relocated (an IFUNC resolver of its own is running) counts as relocated.
 */
bool elf_is_relocated(const struct elf_image *image);

bool elf_in_code(const struct elf_image *image, uintptr_t address);

static inline bool range_has(const struct range *range, uintptr_t address)
{
	return address >= range->low && address < range->high;
}

#endif
