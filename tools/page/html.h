/* SPDX-License-Identifier: MIT */
/*
 * Pieces of a page. What comes from outside goes through html_text and nothing else.
 */
#ifndef GPUSPY_PAGE_HTML_H
#define GPUSPY_PAGE_HTML_H

#include <stdint.h>
#include <stdio.h>

/* Our own markup, as printf. */
void html_put(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text from outside: control characters as in the text report, then the five of HTML. NULL: "?". */
void html_text(FILE *to, const char *foreign);

void html_count(FILE *to, uint64_t count);   /* 12,345 */
void html_bytes(FILE *to, uint64_t bytes);   /* 3.2 GiB */
void html_seconds(FILE *to, double seconds); /* 34.2 s; "unknown" when negative */

/* A cell of a table with a number, which sorts by `value` whatever is shown. */
void html_cell_count(FILE *to, uint64_t count);
void html_cell_bytes(FILE *to, uint64_t bytes);
void html_cell_seconds(FILE *to, double seconds);
void html_cell_text(FILE *to, const char *foreign); /* in the font of code; NULL: empty */

/* A heading cell; `numeric`: its column is of numbers. */
void html_head(FILE *to, const char *title, int numeric);

#endif
