/* SPDX-License-Identifier: MIT */
#include "number.h"

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

uint64_t number_read(const char *text, unsigned base, const char **end)
{
	uint64_t number = 0;

	for (; digit_of(*text) < base; text++) {
		unsigned digit = digit_of(*text);

		number = number > (UINT64_MAX - digit) / base ? UINT64_MAX : number * base + digit;
	}
	*end = text;
	return number;
}

char *number_write(char *to, uint64_t number, unsigned base, unsigned digits)
{
	static const char signs[] = "0123456789abcdef";
	char backwards[20];
	unsigned n = 0;

	do {
		backwards[n++] = signs[number % base];
		number /= base;
	} while (number || n < digits);
	while (n)
		*to++ = backwards[--n];
	*to = 0;
	return to;
}
