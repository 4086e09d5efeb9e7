/* SPDX-License-Identifier: MIT */
#include "elf.h"

#include <string.h>

#include "../ground/gnu_hash.h"
#include "arch.h"

/* ld.so relocates the addresses in most objects' dynamic sections, not in the vDSO's and its own.
 */
static const void *pointer(const struct elf_image *image, const ElfW(Dyn) * entry)
{
	uintptr_t value = entry->d_un.d_ptr;

	return (const void *)(value < image->base ? value + image->base : value);
}

static void read_segments(struct elf_image *image, const ElfW(Phdr) * headers, size_t n)
{
	image->all.low = UINTPTR_MAX;
	for (size_t i = 0; i < n; i++) {
		const ElfW(Phdr) *segment = &headers[i];
		struct range range = { image->base + segment->p_vaddr,
			image->base + segment->p_vaddr + segment->p_memsz };

		if (segment->p_type == PT_DYNAMIC)
			image->dynamic = (const ElfW(Dyn) *)range.low;
		if (segment->p_type == PT_GNU_RELRO)
			image->relro = range;
		if (segment->p_type == PT_TLS)
			image->tls = (struct range){ range.low, range.low + segment->p_filesz };
		if (segment->p_type != PT_LOAD)
			continue;
		if (range.low < image->all.low)
			image->all.low = range.low;
		if (range.high > image->all.high)
			image->all.high = range.high;
		if ((segment->p_flags & (PF_X | PF_R)) == (PF_X | PF_R) &&
			image->n_code < OBJECT_CODE_MAX)
			image->code[image->n_code++] = range;
		if ((segment->p_flags & (PF_X | PF_W)) == PF_W && image->n_data < OBJECT_DATA_MAX)
			image->data[image->n_data++] = range;
	}
}

void elf_read(struct elf_image *image, uintptr_t base, const ElfW(Phdr) * headers, size_t n)
{
	const ElfW(Dyn) *soname = NULL;

	memset(image, 0, sizeof(*image));
	image->base = base;
	read_segments(image, headers, n);
	for (const ElfW(Dyn) *d = image->dynamic; d && d->d_tag != DT_NULL; d++) {
		switch (d->d_tag) {
		case DT_SYMTAB:
			image->symbols = pointer(image, d);
			break;
		case DT_STRTAB:
			image->strings = pointer(image, d);
			break;
		case DT_GNU_HASH:
			image->gnu_hash = pointer(image, d);
			break;
		case DT_HASH:
			image->sysv_hash = pointer(image, d);
			break;
		case DT_VERSYM:
			image->versions = pointer(image, d);
			break;
		case DT_VERNEED:
			image->needed = pointer(image, d);
			break;
		case DT_VERDEF:
			image->defined = pointer(image, d);
			break;
		case DT_RELA:
			image->relocations = pointer(image, d);
			break;
		case DT_RELASZ:
			image->n_relocations = d->d_un.d_val / sizeof(ElfW(Rela));
			break;
		case DT_RELACOUNT:
			image->n_relative = d->d_un.d_val;
			break;
		case DT_FLAGS:
			image->bound |= (d->d_un.d_val & DF_BIND_NOW) != 0;
			break;
		case DT_FLAGS_1:
			image->bound |= (d->d_un.d_val & DF_1_NOW) != 0;
			break;
		case DT_BIND_NOW:
			image->bound = true;
			break;
		case DT_JMPREL:
			image->plt = pointer(image, d);
			break;
		case DT_PLTRELSZ:
			image->n_plt = d->d_un.d_val / sizeof(ElfW(Rela));
			break;
		case DT_SONAME:
			soname = d;
			break;
		}
	}
	if (soname && image->strings)
		image->soname = image->strings + soname->d_un.d_val;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t hash = 0, high;

	while (*name) {
		hash = (hash << 4) + (unsigned char)*name++;
		high = hash & 0xf0000000;
		hash ^= high >> 24;
		hash &= ~high;
	}
	return hash;
}

struct gnu_table {
	uint32_t n_buckets, first, n_bloom, shift;
	const ElfW(Addr) * bloom;
	const uint32_t *buckets, *chain;
};

static struct gnu_table gnu_table(const uint32_t *words)
{
	struct gnu_table t = { words[0], words[1], words[2], words[3] };

	t.bloom = (const ElfW(Addr) *)(words + 4);
	t.buckets = (const uint32_t *)(t.bloom + t.n_bloom);
	t.chain = t.buckets + t.n_buckets;
	return t;
}

/* The first symbol of the name's bucket in a GNU hash table, 0: none. */
static uint32_t gnu_bucket(const struct gnu_table *t, uint32_t hash)
{
	uint32_t symbol;

	if (!t->n_buckets)
		return 0;
	symbol = t->buckets[hash % t->n_buckets];
	return symbol < t->first ? 0 : symbol;
}

static bool gnu_may_have(const struct gnu_table *t, uint32_t hash)
{
	enum { BITS = 8 * sizeof(ElfW(Addr)) };
	ElfW(Addr) word;

	if (!t->n_bloom)
		return false;
	word = t->bloom[hash / BITS % t->n_bloom];
	return word >> (hash % BITS) & word >> ((hash >> t->shift) % BITS) & 1;
}

static bool is_named(const struct elf_image *image, uint32_t symbol, const char *name)
{
	return !strcmp(image->strings + image->symbols[symbol].st_name, name);
}

static bool defines(const struct elf_image *image, uint32_t i, const char *name, uintptr_t address)
{
	const ElfW(Sym) *symbol = &image->symbols[i];

	return symbol->st_shndx != SHN_UNDEF && is_named(image, i, name) &&
	       (!address || image->base + symbol->st_value == address);
}

/*
 * In a program that is not position-independent, an undefined function can have an address of its
 * own: that of its PLT's entry.
 */
static bool has_plt(const struct elf_image *image, uint32_t i, const char *name, uintptr_t address)
{
	const ElfW(Sym) *symbol = &image->symbols[i];

	return symbol->st_shndx == SHN_UNDEF && symbol->st_value && is_named(image, i, name) &&
	       image->base + symbol->st_value == address;
}

/* What a symbol of that name has to be. */
typedef bool accepts_symbol(
	const struct elf_image *image, uint32_t i, const char *name, uintptr_t address);

static const ElfW(Sym) * find_gnu(const struct elf_image *image, const struct elf_name *name,
				 accepts_symbol *accepts, uintptr_t address)
{
	struct gnu_table t = gnu_table(image->gnu_hash);
	uint32_t i = gnu_may_have(&t, name->hash) ? gnu_bucket(&t, name->hash) : 0;

	for (; i; i++) {
		uint32_t link = t.chain[i - t.first];

		if ((link | 1) == (name->hash | 1) && accepts(image, i, name->text, address))
			return &image->symbols[i];
		if (link & 1)
			break;
	}
	return NULL;
}

static const ElfW(Sym) * find_sysv(const struct elf_image *image, const char *name,
				 accepts_symbol *accepts, uintptr_t address)
{
	const uint32_t *table = image->sysv_hash;
	uint32_t n = table[0];

	for (uint32_t i = n ? table[2 + sysv_hash(name) % n] : 0; i; i = table[2 + n + i])
		if (accepts(image, i, name, address))
			return &image->symbols[i];
	return NULL;
}

static const ElfW(Sym) * find_symbol(const struct elf_image *image, const struct elf_name *name,
				 accepts_symbol *accepts, uintptr_t address)
{
	if (!image->symbols || !image->strings)
		return NULL;
	if (image->gnu_hash)
		return find_gnu(image, name, accepts, address);
	return image->sysv_hash ? find_sysv(image, name->text, accepts, address) : NULL;
}

struct elf_name elf_name(const char *text)
{
	return (struct elf_name){ text, gnu_hash(text) };
}

bool elf_defines(const struct elf_image *image, const struct elf_name *name)
{
	return find_symbol(image, name, defines, 0) != NULL;
}

const ElfW(Sym) * elf_symbol(const struct elf_image *image, const char *text, uintptr_t address)
{
	struct elf_name name = elf_name(text);

	return find_symbol(image, &name, defines, address);
}

void *elf_function(const struct elf_image *image, const char *name)
{
	const ElfW(Sym) *symbol = elf_symbol(image, name, 0);

	if (!symbol || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
		return NULL;
	return (void *)(image->base + symbol->st_value);
}

bool elf_is_canonical_plt(const struct elf_image *image, const char *text, uintptr_t address)
{
	struct elf_name name = elf_name(text);

	return find_symbol(image, &name, has_plt, address) != NULL;
}

static uint32_t count_symbols(const struct elf_image *image)
{
	if (image->sysv_hash)
		return image->sysv_hash[1];
	return image->gnu_hash ? gnu_hash_end(image->gnu_hash) : 0;
}

bool elf_imports(const struct elf_image *image)
{
	/* Undefined symbols come before those of the GNU table. */
	uint32_t n = image->sysv_hash  ? image->sysv_hash[1]
		     : image->gnu_hash ? gnu_table(image->gnu_hash).first
				       : 0;

	for (uint32_t i = 1; i < n; i++)
		if (image->symbols[i].st_shndx == SHN_UNDEF &&
			ELF64_ST_BIND(image->symbols[i].st_info) == STB_GLOBAL)
			return true;
	return !n;
}

const char *elf_name_at(const struct elf_image *image, uintptr_t address)
{
	uint32_t n = count_symbols(image);

	for (uint32_t i = 1; i < n; i++) {
		const ElfW(Sym) *symbol = &image->symbols[i];

		if (symbol->st_shndx != SHN_UNDEF && image->base + symbol->st_value == address &&
			ELF64_ST_TYPE(symbol->st_info) == STT_FUNC)
			return image->strings + symbol->st_name;
	}
	return NULL;
}

static bool some_refers_to(
	const struct elf_image *image, const ElfW(Rela) * relocations, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t symbol = ELF64_R_SYM(relocations[i].r_info);

		if (symbol && is_named(image, symbol, name))
			return true;
	}
	return false;
}

bool elf_refers_to(const struct elf_image *image, const char *name)
{
	return image->symbols && image->strings &&
	       (some_refers_to(image, image->relocations, image->n_relocations, name) ||
		       some_refers_to(image, image->plt, image->n_plt, name));
}

const char *elf_wanted_version(const struct elf_image *image, uint32_t symbol)
{
	const ElfW(Verneed) *need = image->needed;
	uint16_t version;

	if (!image->versions || !need)
		return NULL;
	version = image->versions[symbol] & 0x7fff;
	if (version < 2) /* VER_NDX_LOCAL, VER_NDX_GLOBAL */
		return NULL;
	for (;;) {
		const ElfW(Vernaux) *aux = (const void *)((const char *)need + need->vn_aux);

		for (unsigned i = 0; i < need->vn_cnt; i++) {
			if ((aux->vna_other & 0x7fff) == version)
				return image->strings + aux->vna_name;
			aux = (const void *)((const char *)aux + aux->vna_next);
		}
		if (!need->vn_next)
			return NULL;
		need = (const void *)((const char *)need + need->vn_next);
	}
}

const char *elf_version_base(const struct elf_image *image)
{
	const ElfW(Verdef) *first = image->defined;
	const ElfW(Verdaux) * aux;

	if (!first || !image->strings || !(first->vd_flags & VER_FLG_BASE))
		return NULL;
	aux = (const void *)((const char *)first + first->vd_aux);
	return image->strings + aux->vda_name;
}

const void *elf_return_instruction(const struct elf_image *image)
{
	for (unsigned k = 0; k < image->n_code; k++) {
		const char *end = (const char *)image->code[k].high - ARCH_RETURN_SIZE;

		for (const char *p = (const char *)image->code[k].low; p <= end;
			p += ARCH_CODE_ALIGN)
			if (arch_is_return(p))
				return p;
	}
	return NULL;
}

bool elf_is_relocated(const struct elf_image *image)
{
	const ElfW(Rela) *first = image->relocations;

	if (!image->n_relative || ELF64_R_TYPE(first->r_info) != ARCH_R_RELATIVE)
		return true;
	return *(const uintptr_t *)(image->base + first->r_offset) ==
	       image->base + (uintptr_t)first->r_addend;
}

bool elf_in_code(const struct elf_image *image, uintptr_t address)
{
	for (unsigned i = 0; i < image->n_code; i++)
		if (range_has(&image->code[i], address))
			return true;
	return false;
}
