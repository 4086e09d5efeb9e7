/* SPDX-License-Identifier: MIT */
/*
 * What the tools say on standard error. Arguments, paths and names in it come from outside: a line
 * stays one line, and a terminal does not act on what is in it.
 */
#ifndef GPUSPY_TOOLS_SAY_H
#define GPUSPY_TOOLS_SAY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	SAY_TEXT_MAX = 16384,                /* more is cut, and "..." says so */
	SAY_LINE_MAX = 4 * SAY_TEXT_MAX + 8, /* each byte may become \xHH */
};

/* Says it on standard error in one line, by one write; `format` has no newline. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same line, newline and all, for who writes it in another way; its length. */
size_t say_line(char line[SAY_LINE_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * At the start of a program: what was closed for it must not become the number of a file that it
 * opens, or what it says would land there. What is written to a closed standard output fails. Close
 * on exec, so that a command finds things as they were.
 */
void say_keep_numbers(void);

/* The number of standard output; -1 with errno: it was closed, or is not to be written to. */
int say_output(void);

/* What is still to be written to standard output is. False: it could not be, which was said. */
bool say_is_written(const char *who);

/* The same behind this text. */
bool say_text(const char *who, const char *text, size_t size);

#endif
