/* SPDX-License-Identifier: MIT */
/* libcufft.so.12: see include/sim_cufft.h. */
#include "include/sim_cufft.h"

#include <complex.h>
#include <stdarg.h>
#include <stdbool.h>

#include "standin.h"

int cufftSimTable[4] = { 0, 1, 4, 9 };

static int verdict(bool good)
{
	return good ? SIM_FFT_OK : SIM_FFT_BAD_ARGUMENT;
}

static bool is_address(const void *pointer, uintptr_t value)
{
	return (uintptr_t)pointer == value;
}

static bool large_is_good(const struct sim_large *large)
{
	int i;

	for (i = 0; i < 5; i++)
		if (large->words[i] != i + 1)
			return false;
	return true;
}

STANDIN(cufftSimIntegers,
	(int a, int64_t b, short c, void *d, unsigned e, int64_t f, int g, int64_t h, signed char i,
		uint64_t j),
	verdict(a == 1 && b == 2 && c == 3 && is_address(d, 4) && e == 5 && f == 6 && g == 7 &&
		h == 8 && i == 9 && j == 10))
STANDIN(cufftSimDoubles,
	(double a, double b, float c, double d, double e, float f, double g, double h, double i,
		float j, double k, double l),
	verdict(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7 && h == 8 &&
		i == 9 && j == 10 && k == 11 && l == 12))
STANDIN(cufftSimInterleaved,
	(int a, double b, int64_t c, float d, void *e, double f, int g, double h, int64_t i,
		double j, int k, double l, int m, double n, int64_t o, double p, int q, double r,
		float s, double t),
	verdict(a == 1 && b == 2 && c == 3 && d == 4 && is_address(e, 5) && f == 6 && g == 7 &&
		h == 8 && i == 9 && j == 10 && k == 11 && l == 12 && m == 13 && n == 14 &&
		o == 15 && p == 16 && q == 17 && r == 18 && s == 19 && t == 20))
STANDIN(cufftSimStructures,
	(struct sim_large large, struct sim_mixed mixed, struct sim_tiny tiny, int last),
	verdict(large_is_good(&large) && mixed.real == 6 && mixed.integer == 7 &&
		tiny.bytes[0] == 8 && tiny.bytes[1] == 9 && tiny.bytes[2] == 10 && last == 11))
STANDIN(cufftSimLongDouble, (int a, long double b, int c, long double d),
	verdict(a == 1 && b == 2 && c == 3 && d == 4))

int cufftSimVariadic(int count, ...)
{
	struct ledger_entry *entry = standin_enter(STANDIN_SONAME, "cufftSimVariadic");
	bool good = true;
	va_list list;
	int i;

	va_start(list, count);
	for (i = 0; i < count; i++) {
		good &= va_arg(list, int) == 2 * i + 1;
		good &= va_arg(list, double) == 2 * i + 2;
	}
	va_end(list);
	return standin_leave(entry, verdict(good));
}

static struct sim_large large_of(int seed)
{
	return (struct sim_large){ { seed, seed + 1, seed + 2, seed + 3, seed + 4 } };
}

static struct sim_tiny tiny_of(int seed)
{
	unsigned char first = (unsigned char)seed;

	return (struct sim_tiny){ { first, (unsigned char)(first + 1),
		(unsigned char)(first + 2) } };
}

STANDIN_VALUE(double, cufftSimReturnDouble, (int seed), seed + 0.5)
STANDIN_VALUE(float, cufftSimReturnFloat, (int seed), (float)seed + 0.25f)
STANDIN_VALUE(long double, cufftSimReturnLongDouble, (int seed), seed + 0.125L)
STANDIN_VALUE(int64_t, cufftSimReturnLong, (int seed), ((int64_t)seed << 33) + 1)
STANDIN_VALUE(struct sim_large, cufftSimReturnLarge, (int seed), large_of(seed))
STANDIN_VALUE(struct sim_mixed, cufftSimReturnMixed, (int seed),
	((struct sim_mixed){ seed + 0.5, seed + 1 }))
STANDIN_VALUE(struct sim_tiny, cufftSimReturnTiny, (int seed), tiny_of(seed))
STANDIN_VALUE(_Complex double, cufftSimReturnComplex, (int seed), seed + (seed + 1) * _Complex_I)
#if defined(__SIZEOF_INT128__)
STANDIN_VALUE(sim_wide, cufftSimReturnWide, (int seed), ((sim_wide)seed << 65) + 3)
#endif

static int call_back(void (*function)(void *), void *data)
{
	function(data);
	return SIM_FFT_OK;
}

static int get_version(int *version)
{
	if (!version)
		return SIM_FFT_BAD_ARGUMENT;
	*version = 12000;
	return SIM_FFT_OK;
}

STANDIN(cufftSimStatus, (int status), status)
STANDIN(cufftSimCallback, (void (*function)(void *), void *data), call_back(function, data))
STANDIN(cufftGetVersion, (int *version), get_version(version))
