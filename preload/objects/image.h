/* SPDX-License-Identifier: MIT */
/*
 * From the loader's list to an object's image.
 */
#ifndef GPUSPY_OBJECTS_IMAGE_H
#define GPUSPY_OBJECTS_IMAGE_H

#include "elf.h"

/*
 * The program headers follow the ELF header where it is mapped, and that is at the beginning of the
 * object. Where a tool has moved them, dl_iterate_phdr(3) is asked, which is slower.
 */
void image_read(struct elf_image *image, const struct link_map *map);

#endif
