/* SPDX-License-Identifier: MIT */
/*
 * client-args [TIMES]: calls of every shape: more arguments than registers, structures and 128-bit
 * values in and out, long double, variable arguments. Callee and caller verify every one. The same
 * again through pointers from dlsym, and a look at a data symbol, which is no function.
 */
#include <complex.h>
#include <dlfcn.h>

#include "../sim/standins/include/sim_cufft.h"
#include "check.h"

enum { SEED = 41, ARGUMENT_CALLS = 6, RESULT_CALLS = 9 };

static void *address(uintptr_t value)
{
	return (void *)value;
}

static void pass_arguments(void)
{
	const struct sim_large large = { { 1, 2, 3, 4, 5 } };
	const struct sim_mixed mixed = { 6, 7 };
	const struct sim_tiny tiny = { { 8, 9, 10 } };

	CHECK(cufftSimIntegers(1, 2, 3, address(4), 5, 6, 7, 8, 9, 10));
	CHECK(cufftSimDoubles(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
	CHECK(cufftSimInterleaved(
		1, 2, 3, 4, address(5), 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20));
	CHECK(cufftSimStructures(large, mixed, tiny, 11));
	CHECK(cufftSimLongDouble(1, 2, 3, 4));
	CHECK(cufftSimVariadic(6, 1, 2.0, 3, 4.0, 5, 6.0, 7, 8.0, 9, 10.0, 11, 12.0));
}

static void take_structures(void)
{
	struct sim_large large = cufftSimReturnLarge(SEED);
	struct sim_mixed mixed = cufftSimReturnMixed(SEED);
	struct sim_tiny tiny = cufftSimReturnTiny(SEED);
	int i;

	for (i = 0; i < 5; i++)
		CHECK_EQUAL(large.words[i], SEED + i);
	CHECK_TRUE(mixed.real == SEED + 0.5);
	CHECK_EQUAL(mixed.integer, SEED + 1);
	for (i = 0; i < 3; i++)
		CHECK_EQUAL(tiny.bytes[i], SEED + i);
}

static void take_results(void)
{
	double complex number;

	CHECK_TRUE(cufftSimReturnDouble(SEED) == SEED + 0.5);
	CHECK_TRUE(cufftSimReturnFloat(SEED) == SEED + 0.25f);
	CHECK_TRUE(cufftSimReturnLongDouble(SEED) == SEED + 0.125L);
	CHECK_EQUAL(cufftSimReturnLong(SEED), ((int64_t)SEED << 33) + 1);
	number = cufftSimReturnComplex(SEED);
	CHECK_TRUE(creal(number) == SEED && cimag(number) == SEED + 1);
#if defined(__SIZEOF_INT128__)
	CHECK_TRUE(cufftSimReturnWide(SEED) == ((sim_wide)SEED << 65) + 3);
#endif
	take_structures();
}

static void use_pointers(void)
{
	int (*variadic)(int, ...) =
		(int (*)(int, ...))(uintptr_t)dlsym(RTLD_DEFAULT, "cufftSimVariadic");
	struct sim_large (*return_large)(int) =
		(struct sim_large(*)(int))(uintptr_t)dlsym(RTLD_DEFAULT, "cufftSimReturnLarge");

	CHECK_TRUE(variadic && return_large);
	CHECK(variadic(2, 1, 2.0, 3, 4.0));
	CHECK_EQUAL(return_large(SEED).words[4], SEED + 4);
}

static void use_data(void)
{
	const int *table = dlsym(RTLD_DEFAULT, "cufftSimTable");

	CHECK_TRUE(table == cufftSimTable);
	CHECK_EQUAL(table[0] + table[1] + table[2] + table[3], 14);
}

int main(int argc, char **argv)
{
	int i, version = 0, times = argc > 1 ? atoi(argv[1]) : 100;

	for (i = 0; i < times; i++) {
		pass_arguments();
		take_results();
		use_pointers();
	}
	use_data();
	CHECK(cufftGetVersion(&version));
	CHECK_EQUAL(version, 12000);
	CHECK_EQUAL(cufftSimIntegers(0, 2, 3, address(4), 5, 6, 7, 8, 9, 10), SIM_FFT_BAD_ARGUMENT);
	printf("calls %d\n", times * (ARGUMENT_CALLS + RESULT_CALLS + 2) + 2);
	return 0;
}
