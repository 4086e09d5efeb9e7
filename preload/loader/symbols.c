/* SPDX-License-Identifier: MIT */
#include "symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DYNAMIC_MAX = 512, CHAIN_MAX = 1 << 20, LIST_MAX = 4096, VERSION_MASK = 0x7fff };

/* `size` bytes at an offset in the file; NULL: it ends before. */
static const void *at(const struct loader_symbols *of, uint64_t offset, size_t size)
{
	return offset && offset <= of->size && of->size - offset >= size ? of->map + offset : NULL;
}

static bool copy(const struct loader_symbols *of, void *to, uint64_t offset, size_t size)
{
	const void *from = at(of, offset, size);

	if (from)
		memcpy(to, from, size);
	return from != NULL;
}

static uint32_t word(const struct loader_symbols *of, uint64_t offset)
{
	uint32_t value = 0;

	copy(of, &value, offset, sizeof(value));
	return value;
}

static const char *string(const struct loader_symbols *of, uint64_t index)
{
	const char *text = at(of, of->strings + index, 1);

	return index < of->strings_size && text &&
			       memchr(text, 0, of->size - (size_t)(text - of->map))
		       ? text
		       : NULL;
}

static uint64_t offset_of(const struct loader_symbols *of, uint64_t address)
{
	for (unsigned i = 0; i < of->n_headers; i++) {
		ElfW(Phdr) header;

		memcpy(&header, of->headers + i, sizeof(header));
		if (header.p_type == PT_LOAD && address >= header.p_vaddr &&
			address - header.p_vaddr < header.p_filesz)
			return header.p_offset + (address - header.p_vaddr);
	}
	return 0;
}

static void note(struct loader_symbols *of, const ElfW(Dyn) * entry)
{
	const struct {
		ElfW(Sxword) tag;
		uint64_t *to;
	} tables[] = { { DT_SYMTAB, &of->symbols }, { DT_STRTAB, &of->strings },
		{ DT_GNU_HASH, &of->hash }, { DT_HASH, &of->old_hash },
		{ DT_VERSYM, &of->versions }, { DT_VERNEED, &of->wanted },
		{ DT_VERDEF, &of->offered } };

	if (entry->d_tag == DT_STRSZ)
		of->strings_size = entry->d_un.d_val;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (entry->d_tag == tables[i].tag)
			*tables[i].to = offset_of(of, entry->d_un.d_ptr);
}

static void read_dynamic(struct loader_symbols *of, uint64_t offset, uint64_t size)
{
	ElfW(Dyn) entry;

	for (unsigned i = 0; i < size / sizeof(entry) && i < DYNAMIC_MAX; i++)
		if (copy(of, &entry, offset + i * sizeof(entry), sizeof(entry)))
			note(of, &entry);
}

static void read_tables(struct loader_symbols *of)
{
	const ElfW(Ehdr) *header = (const void *)of->map;

	if (of->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
		header->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
		header->e_phentsize != sizeof(ElfW(Phdr)))
		return;
	of->headers = at(of, header->e_phoff, header->e_phnum * sizeof(ElfW(Phdr)));
	of->n_headers = of->headers ? header->e_phnum : 0;
	for (unsigned i = 0; i < of->n_headers; i++) {
		ElfW(Phdr) one;

		memcpy(&one, of->headers + i, sizeof(one));
		if (one.p_type == PT_DYNAMIC) {
			of->dynamic = one.p_offset;
			of->dynamic_size = one.p_filesz;
			read_dynamic(of, one.p_offset, one.p_filesz);
		}
	}
}

void loader_symbols_read(struct loader_symbols *of, const char *map, size_t size)
{
	memset(of, 0, sizeof(*of));
	of->map = map;
	of->size = size;
	read_tables(of);
}

void loader_symbols_open(struct loader_symbols *of, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	void *map;

	memset(of, 0, sizeof(*of));
	if (fd < 0)
		return;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size > 0) {
		map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED)
			loader_symbols_read(of, map, (size_t)status.st_size);
	}
	close(fd);
}

void loader_symbols_close(struct loader_symbols *of)
{
	if (of->map)
		munmap((void *)(uintptr_t)of->map, of->size);
	memset(of, 0, sizeof(*of));
}

/* Versions: lists of entries, each with a list of names (LSB, "Symbol Versioning"). */

/* The version of that number among those that a library wants; NULL: it is none of them. */
static const char *wanted_version(const struct loader_symbols *of, unsigned number)
{
	uint64_t offset = of->wanted;
	ElfW(Verneed) need;

	for (int i = 0; i < LIST_MAX && copy(of, &need, offset, sizeof(need)); i++) {
		uint64_t entry = offset + need.vn_aux;
		ElfW(Vernaux) aux;

		for (int k = 0; k < LIST_MAX && copy(of, &aux, entry, sizeof(aux)); k++) {
			if ((aux.vna_other & VERSION_MASK) == number)
				return string(of, aux.vna_name);
			if (!aux.vna_next)
				break;
			entry += aux.vna_next;
		}
		if (!need.vn_next)
			break;
		offset += need.vn_next;
	}
	return NULL;
}

void loader_versions_wanted(const struct loader_symbols *of,
	bool (*wants)(const char *file, const char *version, void *data), void *data)
{
	uint64_t offset = of->wanted;
	ElfW(Verneed) need;

	for (int i = 0; i < LIST_MAX && copy(of, &need, offset, sizeof(need)); i++) {
		const char *file = string(of, need.vn_file), *version;
		uint64_t entry = offset + need.vn_aux;
		ElfW(Vernaux) aux;

		for (int k = 0; k < LIST_MAX && copy(of, &aux, entry, sizeof(aux)); k++) {
			version = string(of, aux.vna_name);
			if (file && version && !(aux.vna_flags & VER_FLG_WEAK) &&
				!wants(file, version, data))
				return;
			if (!aux.vna_next)
				break;
			entry += aux.vna_next;
		}
		if (!need.vn_next)
			break;
		offset += need.vn_next;
	}
}

/* The name of a version that a library offers: by its number, or any that is `wanted`. */
static const char *offered_version(
	const struct loader_symbols *of, unsigned number, const char *wanted)
{
	uint64_t offset = of->offered;
	ElfW(Verdef) offer;

	for (int i = 0; i < LIST_MAX && copy(of, &offer, offset, sizeof(offer)); i++) {
		ElfW(Verdaux) aux;
		const char *name = copy(of, &aux, offset + offer.vd_aux, sizeof(aux))
					   ? string(of, aux.vda_name)
					   : NULL;

		if (name && (wanted ? !strcmp(name, wanted) : offer.vd_ndx == number))
			return name;
		if (!offer.vd_next)
			break;
		offset += offer.vd_next;
	}
	return NULL;
}

bool loader_versions_have(const struct loader_symbols *of, const char *version)
{
	return !of->offered || offered_version(of, 0, version);
}

static unsigned version_number(const struct loader_symbols *of, uint32_t symbol)
{
	uint16_t number = 0;

	if (of->versions)
		copy(of, &number, of->versions + symbol * sizeof(number), sizeof(number));
	return number & VERSION_MASK;
}

/* Symbols. */

static bool is_it(
	const struct loader_symbols *of, uint32_t i, const char *name, const char *version)
{
	const char *own, *offered;
	ElfW(Sym) symbol;

	if (!copy(of, &symbol, of->symbols + i * sizeof(symbol), sizeof(symbol)) ||
		symbol.st_shndx == SHN_UNDEF)
		return false;
	own = string(of, symbol.st_name);
	if (!own || strcmp(own, name) != 0)
		return false;
	offered = version && of->offered ? offered_version(of, version_number(of, i), NULL) : NULL;
	return !offered || !strcmp(offered, version);
}

/* The tables of DT_GNU_HASH: four words, a filter of words of the machine, buckets, chains. */
struct hash_table {
	uint32_t buckets, first;
	uint64_t bucket, chain; /* offsets in the file */
};

static bool read_hash(const struct loader_symbols *of, struct hash_table *table)
{
	uint64_t filter = of->hash + 16;

	if (!of->hash)
		return false;
	table->buckets = word(of, of->hash);
	table->first = word(of, of->hash + 4);
	table->bucket = filter + (uint64_t)word(of, of->hash + 8) * sizeof(ElfW(Addr));
	table->chain = table->bucket + (uint64_t)table->buckets * 4;
	return table->buckets != 0;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static bool defined_by_hash(const struct loader_symbols *of, const struct hash_table *table,
	const char *name, const char *version)
{
	uint32_t hash = gnu_hash(name);
	uint32_t i = word(of, table->bucket + (uint64_t)(hash % table->buckets) * 4);

	for (unsigned n = 0; i >= table->first && i && n < CHAIN_MAX; i++, n++) {
		uint64_t link = table->chain + (uint64_t)(i - table->first) * 4;
		uint32_t other = word(of, link);

		if (!at(of, link, 4))
			return false;
		if ((other | 1) == (hash | 1) && is_it(of, i, name, version))
			return true;
		if (other & 1)
			return false;
	}
	return false;
}

bool loader_symbols_define(const struct loader_symbols *of, const char *name, const char *version)
{
	struct hash_table table;
	uint32_t count;

	if (read_hash(of, &table))
		return defined_by_hash(of, &table, name, version);
	count = of->old_hash ? word(of, of->old_hash + 4) : 0;
	for (uint32_t i = 1; i < count && i < CHAIN_MAX; i++)
		if (is_it(of, i, name, version))
			return true;
	return false;
}

/*
 * Hash tables tell how many are defined, and DT_GNU_HASH not even that, where none is. Linkers
 * write the names behind the symbols.
 */
static uint64_t count_symbols(const struct loader_symbols *of)
{
	if (of->old_hash)
		return word(of, of->old_hash + 4);
	return of->strings > of->symbols ? (of->strings - of->symbols) / sizeof(ElfW(Sym)) : 0;
}

bool loader_symbols_names(const struct loader_symbols *of, loader_tells *tells, void *data)
{
	uint64_t n = count_symbols(of);

	for (uint64_t i = 1; i < n && i < CHAIN_MAX; i++) {
		const char *name;
		ElfW(Sym) symbol;

		if (!copy(of, &symbol, of->symbols + i * sizeof(symbol), sizeof(symbol)))
			return false;
		name = string(of, symbol.st_name);
		if (name && *name && !tells(name, data))
			return false;
	}
	return n && n < CHAIN_MAX;
}

static bool brings(const ElfW(Dyn) * entry)
{
	switch (entry->d_tag) {
	case DT_NEEDED:
	case DT_AUXILIARY:
	case DT_FILTER:
	case DT_AUDIT:
	case DT_DEPAUDIT:
		return true;
	default:
		return false;
	}
}

bool loader_symbols_brings(const struct loader_symbols *of, loader_tells *tells, void *data)
{
	uint64_t n = of->dynamic_size / sizeof(ElfW(Dyn));
	ElfW(Dyn) entry;

	for (uint64_t i = 0; i < n && i < DYNAMIC_MAX; i++) {
		const char *name;

		if (!copy(of, &entry, of->dynamic + i * sizeof(entry), sizeof(entry)))
			return false;
		if (entry.d_tag == DT_NULL)
			break;
		name = brings(&entry) ? string(of, entry.d_un.d_val) : "";
		if (!name || (*name && !tells(name, data)))
			return false;
	}
	return n && n < DYNAMIC_MAX;
}

void loader_symbols_wanted(const struct loader_symbols *of, loader_wants *wants, void *data)
{
	struct hash_table table;
	/* What a library wants comes before what it defines, in a table with DT_GNU_HASH. */
	uint32_t count = read_hash(of, &table) ? table.first
			 : of->old_hash        ? word(of, of->old_hash + 4)
					       : 0;

	for (uint32_t i = 1; i < count && i < CHAIN_MAX; i++) {
		const char *name;
		ElfW(Sym) symbol;
		unsigned number;

		if (!copy(of, &symbol, of->symbols + i * sizeof(symbol), sizeof(symbol)))
			return;
		if (symbol.st_shndx != SHN_UNDEF || ELF64_ST_BIND(symbol.st_info) != STB_GLOBAL)
			continue;
		name = string(of, symbol.st_name);
		number = version_number(of, i);
		if (name && *name &&
			!wants(name, number > 1 ? wanted_version(of, number) : NULL, data))
			return;
	}
}
