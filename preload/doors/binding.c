/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <dlfcn.h>
#include <string.h>

#include "../ground/path.h"
#include "../hooks/hooks.h"
#include "arch.h"

/* One address can have two names: of NCCL's ncclX and pncclX the first is the public one. */
static const char *public_name(const struct elf_image *image, const char *name, uintptr_t address)
{
	if (!strncmp(name, "pnccl", 5) && elf_symbol(image, name + 1, address))
		return name + 1;
	return name;
}

/* C functions only, called as all are; an IFUNC's address is not the symbol's value. */
static bool is_function(const struct elf_image *image, const char *name, uintptr_t address)
{
	const ElfW(Sym) *symbol = elf_symbol(image, name, address);
	unsigned type = STT_FUNC;

	if (!strncmp(name, "_Z", 2) || !elf_in_code(image, address))
		return false;
	if (!symbol) {
		symbol = elf_symbol(image, name, 0);
		type = STT_GNU_IFUNC;
	}
	return symbol && ELF64_ST_TYPE(symbol->st_info) == type &&
	       arch_is_called_as_usual(symbol->st_other);
}

/*
 * By what name the library itself has the function; NULL: it gets no hook. What was asked for by a
 * name that the library has not was chosen by an IFUNC of that name; nobody chooses C++'s so.
 */
static const char *own_name(const struct object *owner, const char *name, uintptr_t address)
{
	const struct elf_image *image = &owner->image;

	if (name && is_function(image, name, address))
		return public_name(image, name, address);
	if (name && ((!strncmp(name, "_Z", 2) && owner->layer != LAYER_DRIVER) ||
			    elf_symbol(image, name, 0)))
		return NULL;
	name = elf_in_code(image, address) ? elf_name_at(image, address) : NULL;
	return name && is_function(image, name, address) ? public_name(image, name, address) : NULL;
}

void *binding_hook(
	const struct object *owner, void *target, const char *name, const struct object *caller)
{
	if (owner->kind != OBJECT_NVIDIA || owner->layer < 0 || owner->layer >= LAYERS)
		return NULL;
	/* The driver's calls into itself (WSL's is in two parts) are not calls that reach it. */
	if (caller && caller->kind == OBJECT_NVIDIA &&
		(owner->layer != LAYER_DRIVER || caller->layer == LAYER_DRIVER))
		return NULL;
	name = own_name(owner, name, (uintptr_t)target);
	return name ? hook_for(target, (enum segment_layer)owner->layer, path_file(owner->path),
			      name)
		    : NULL;
}

const void *binding_caller(const struct object *caller)
{
	/* What glibc does not know either, it takes for the program (elf/dl-sym.c, _dl_sym). */
	const struct object *object = caller ? caller : objects_program();

	return object ? object_return(object) : NULL;
}

void *binding_look_up(const struct look_up *look_up)
{
	const void *ret = look_up->ret;

	/* A handle of its own is searched the same for every caller. */
	if (!ret && look_up->handle != RTLD_DEFAULT && look_up->handle != RTLD_NEXT)
		ret = arch_return;
	if (!ret)
		return NULL;
	return arch_call_from(
		ret, look_up->function, look_up->handle, look_up->name, look_up->version);
}
