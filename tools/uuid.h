/* SPDX-License-Identifier: MIT */
/*
 * A device's UUID as nvidia-smi has it.
 */
#ifndef GPUSPY_TOOLS_UUID_H
#define GPUSPY_TOOLS_UUID_H

#include <stdint.h>
#include <stdio.h>

enum { UUID_TEXT = 41 }; /* GPU-8-4-4-4-12, with its 0 */

/* Of 16 bytes; gives back `text`. */
static inline const char *uuid_text(const uint8_t *bytes, char text[UUID_TEXT])
{
	int at = sprintf(text, "GPU-");

	for (int i = 0; i < 16; i++)
		at += sprintf(text + at, "%02x%s", bytes[i],
			i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
	return text;
}

#endif
