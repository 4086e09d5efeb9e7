/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <errno.h>
#include <fcntl.h>
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

void say_keep_numbers(void)
{
	for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++)
		if (fcntl(number, F_GETFD) < 0)
			open("/dev/null",
				(number == STDOUT_FILENO ? O_RDONLY : O_RDWR) | O_CLOEXEC);
}

int say_output(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
		return STDOUT_FILENO;
	errno = EBADF;
	return -1;
}

/* What failed before it was asked about: 0, nobody knows why. */
static bool say_unwritten(const char *who, int error)
{
	say("%s: standard output: %s", who, error ? strerror(error) : "not all was written");
	return false;
}

bool say_is_written(const char *who)
{
	bool failed = ferror(stdout);

	errno = 0;
	return !fflush(stdout) && !failed ? true : say_unwritten(who, errno);
}

bool say_text(const char *who, const char *text, size_t size)
{
	return fwrite(text, 1, size, stdout) == size ? say_is_written(who)
						     : say_unwritten(who, errno);
}
