/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 from outside, which may be none.
 */
#ifndef GPUSPY_REPORT_UTF8_H
#define GPUSPY_REPORT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the first character of `text` (RFC 3629), its code in `code`; 0: invalid, or the
 * end. */
size_t utf8_next(const char *text, uint32_t *code);

/*
 * Control characters (C0, DEL, C1), marks that turn the direction of writing, line and paragraph
 * separators: a terminal, or who reads JSON on one, would act on them or see a misleading order.
 */
bool utf8_is_harmful(uint32_t code);

#endif
