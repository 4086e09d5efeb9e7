/* SPDX-License-Identifier: MIT */
/*
 * What a library on disk offers to others and wants of them: symbols and their versions.
 *
 * The file is mapped, not loaded: none of its code runs. Nothing in it is trusted.
 */
#ifndef GPUSPY_LOADER_SYMBOLS_H
#define GPUSPY_LOADER_SYMBOLS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loader_symbols {
	const char *map; /* NULL: it could not be read */
	size_t size;
	const ElfW(Phdr) * headers;
	unsigned n_headers;
	/* Offsets in the file, 0: there is none. */
	uint64_t dynamic, dynamic_size, symbols, strings, strings_size, hash, old_hash, versions,
		wanted, offered;
};

void loader_symbols_open(struct loader_symbols *of, const char *path);
void loader_symbols_close(struct loader_symbols *of);

/* Of a file that is mapped already, at least what is loaded of it. Not to be closed. */
void loader_symbols_read(struct loader_symbols *of, const char *map, size_t size);

/* False: stop. */
typedef bool loader_tells(const char *name, void *data);

/* Each name of a symbol, whoever has to define it. False: stopped, or it is not known how many. */
bool loader_symbols_names(const struct loader_symbols *of, loader_tells *tells, void *data);

/*
 * Each file that it needs or has the loader bring along (DT_NEEDED, DT_AUXILIARY, DT_FILTER,
 * DT_AUDIT, DT_DEPAUDIT), by the name that stands there. False: stopped, or a name cannot be read.
 */
bool loader_symbols_brings(const struct loader_symbols *of, loader_tells *tells, void *data);

/* Does it define the symbol, in that version (NULL: in any)? */
bool loader_symbols_define(const struct loader_symbols *of, const char *name, const char *version);

/* A symbol that it must have from others; `version` NULL: of no version. False: stop. */
typedef bool loader_wants(const char *name, const char *version, void *data);
void loader_symbols_wanted(const struct loader_symbols *of, loader_wants *wants, void *data);

/* A version that it must have from the file of that name. False: stop. */
void loader_versions_wanted(const struct loader_symbols *of,
	bool (*wants)(const char *file, const char *version, void *data), void *data);

/* Has it that version? True also where it has no versions at all, as for the loader. */
bool loader_versions_have(const struct loader_symbols *of, const char *version);

#endif
