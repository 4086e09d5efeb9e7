/* SPDX-License-Identifier: MIT */
#include "library.h"

#include <link.h>
#include <string.h>

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
	struct library *library = data;

	(void)size;
	if (!strstr(info->dlpi_name, "libgpuspy.so"))
		return 0;
	library->low = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_X)
			library->high = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
	}
	return 1;
}

bool library_find(struct library *library)
{
	return dl_iterate_phdr(look_at, library) != 0;
}
