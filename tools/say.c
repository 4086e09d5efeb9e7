/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/format.h"

static size_t make_line(char line[SAY_LINE_MAX], const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* On the stack: that there is no memory is among what is said. */
static size_t make_line(char line[SAY_LINE_MAX], const char *format, va_list arguments)
{
	char plain[SAY_TEXT_MAX];
	struct text text = text_in(line, SAY_LINE_MAX);
	int length = vsnprintf(plain, sizeof(plain), format, arguments);

	text_put_escaped(&text, length < 0 ? format : plain, sizeof(plain));
	text_put(&text, length >= (int)sizeof(plain) ? "...\n" : "\n");
	return text.length;
}

size_t say_line(char line[SAY_LINE_MAX], const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = make_line(line, format, arguments);
	va_end(arguments);
	return length;
}

void say(const char *format, ...)
{
	char line[SAY_LINE_MAX];
	const char *rest = line;
	va_list arguments;
	size_t left;

	va_start(arguments, format);
	left = make_line(line, format, arguments);
	va_end(arguments);
	while (left) {
		ssize_t n = write(STDERR_FILENO, rest, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		rest += n;
		left -= (size_t)n;
	}
}

bool say_is_written(const char *who)
{
	if (!fflush(stdout) && !ferror(stdout))
		return true;
	say("%s: standard output: %s", who, strerror(errno));
	return false;
}
