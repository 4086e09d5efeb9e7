/* SPDX-License-Identifier: MIT */
/*
 * gpuspy's own commands look on, and are not looked at. They are known by this note in their file
 * (elf(5), PT_NOTE) beside their name, which anybody may have.
 */
#ifndef GPUSPY_SEGMENT_OWN_PROGRAM_H
#define GPUSPY_SEGMENT_OWN_PROGRAM_H

#include <stdint.h>

#define OWN_PROGRAM_NAME "gpuspy"

struct own_program_note {
	uint32_t name_size, description_size, type;
	char name[8];
};

/* Once in a program of gpuspy's. */
#define OWN_PROGRAM                                                                            \
	__attribute__((used, aligned(4),                                                       \
		section(".note.gpuspy"))) static const struct own_program_note own_program = { \
		sizeof(OWN_PROGRAM_NAME), 0, 1, OWN_PROGRAM_NAME                               \
	}

#endif
