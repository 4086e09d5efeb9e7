/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"

struct wanted {
	const struct link_map *map;
	struct elf_image *image;
};

static int read_wanted(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct wanted *wanted = data;

	(void)size;
	if (info->dlpi_addr != wanted->map->l_addr)
		return 0;
	elf_read(wanted->image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum);
	return wanted->image->dynamic == wanted->map->l_ld;
}

/* ld.so has just looked into the hash table; most begin in the page of the ELF header. */
static bool shares_page(const struct link_map *map)
{
	enum { PAGE_LEAST = 4096 };

	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
		if ((entry->d_tag == DT_GNU_HASH || entry->d_tag == DT_HASH) && map->l_addr &&
			entry->d_un.d_ptr - map->l_addr < PAGE_LEAST)
			return true;
	return false;
}

/*
 * Most objects are linked to address 0, and their ELF header is where they are loaded. Whether it
 * is there the kernel says, by a requeue of nobody that compares a word (futex(2)); where it need
 * not be asked, a dlopen is 1 to 2 us shorter.
 */
static bool is_header(const struct link_map *map)
{
	static const union {
		char text[4];
		uint32_t word;
	} magic = { { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 } };
	const void *address = (const void *)map->l_addr;
	uint32_t nobody = 0;
	int saved = errno;
	bool is;

	if (shares_page(map))
		return !memcmp(address, magic.text, sizeof(magic));
	is = address && !syscall(SYS_futex, address, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0,
				NULL, &nobody, magic.word);
	errno = saved;
	return is;
}

void image_read(struct elf_image *image, const struct link_map *map)
{
	struct wanted wanted = { map, image };
	const ElfW(Ehdr) *header = (const void *)map->l_addr;

	if (!*map->l_name && map == loader_list->r_map) {
		elf_read(image, map->l_addr, (const void *)getauxval(AT_PHDR), getauxval(AT_PHNUM));
		return;
	}
	if (is_header(map) && header->e_phoff == sizeof(*header)) {
		elf_read(image, map->l_addr, (const void *)(header + 1), header->e_phnum);
		if (image->dynamic == map->l_ld)
			return;
	}
	dl_iterate_phdr(read_wanted, &wanted);
}
